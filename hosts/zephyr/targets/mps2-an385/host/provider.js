// What the SDK calls embedded:provider/builtin on a target: the devices of its devicetree.
export { default } from "mc/devicetree";

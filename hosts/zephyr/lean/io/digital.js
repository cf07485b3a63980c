// In place of the SDK's class: its mc/devicetree imports it, and nothing of ours does.
export default null;

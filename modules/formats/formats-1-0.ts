import { frozen } from "../frozen.ts";
import { Formats } from "./format.ts";
import { lwm2mJsonFormat } from "./lwm2m-json.ts";
import { opaqueFormat } from "./opaque.ts";
import { textFormat } from "./text.ts";
import { tlvFormat } from "./tlv.ts";

/** The formats of LwM2M 1.0 (§6.4), by today's numbers and by the older ones. */
export const formats10 = frozen(new Formats(frozen([textFormat, opaqueFormat, tlvFormat, lwm2mJsonFormat])));

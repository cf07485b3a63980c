import { frozen } from "../frozen.ts";

/** CoAP Content-Formats that LwM2M uses (Core 1.2 Table 7.5-3; the numbers are IANA's). */
export const ContentFormat = frozen({
	text: 0,
	coreLink: 40,
	opaque: 42,
	cbor: 60,
	senmlJson: 110,
	senmlCbor: 112,
	senmlEtchJson: 320,
	senmlEtchCbor: 322,
	/** What the formats of LwM2M 1.0 were called before IANA gave them numbers; old clients and servers still do. */
	oldText: 1541,
	oldTlv: 1542,
	oldJson: 1543,
	oldOpaque: 1544,
	tlv: 11542,
	lwm2mJson: 11543,
	lwm2mCbor: 11544,
});

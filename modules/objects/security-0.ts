import { ObjectInstance } from "../lwm2m/instance.ts";
import { SECURITY } from "./facts/security-0-v1-1.ts";

/** Security Mode (LwM2M Security, Resource 2): NoSec. The modes with keys come with DTLS. */
const noSec = 3;

export interface SecurityOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** coap://host:port */
	readonly serverUri: string;
	/** 1..65534; the Server Object has an Instance with the same. */
	readonly shortServerId: number;
}

/** How to reach one LwM2M Server without security (LwM2M Core 1.1 Appendix E.1): no server ever reads or writes it. */
export function security({ id = 0, serverUri, shortServerId }: SecurityOptions): ObjectInstance<typeof SECURITY> {
	return new ObjectInstance(SECURITY, {
		id,
		values: { serverUri, bootstrapServer: false, securityMode: noSec, shortServerId },
	});
}

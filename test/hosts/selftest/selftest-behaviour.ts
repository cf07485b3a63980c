import type { Host } from "../../../modules/host.ts";

/** What selftest.test.ts breaks in a host before it is tested; images of it have another file in this one's place. */
export function broken(host: Host): Host {
	return host;
}

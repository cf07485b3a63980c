import { PortableCrypto } from "../modules/crypto/portable.ts";
import { readPrivateKey } from "../modules/crypto/public-key.ts";
import { serverTrust } from "../modules/crypto/trust.ts";
import { formats10 } from "../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../modules/formats/payload.ts";
import type { Host } from "../modules/host.ts";
import { AccessControl } from "../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../modules/lwm2m/bootstrap.ts";
import { compositeOperations } from "../modules/lwm2m/composite.ts";
import { LinkWatch } from "../modules/lwm2m/link-watch.ts";
import { accessControl } from "../modules/objects/access-control-2.ts";
import { application } from "./application.ts";
import { firmware } from "./firmware.ts";
import { retention } from "./retention.ts";
import { sleep } from "./sleep.ts";
import { software } from "./software.ts";

/** The device with everything. A host calls this once after boot. */
export default function main(host: Host): void {
	application(host, {
		client: {
			formats: formatsSince11,
			formats10,
			composite: compositeOperations,
			accessControl: new AccessControl(accessControl),
		},
		bootstrap: makeBootstrap,
		publicKeys: { readPrivateKey, serverTrust },
		crypto: (entropy) => new PortableCrypto({ entropy }),
		retention,
		sleep,
		linkWatch: LinkWatch,
		firmware,
		software,
	});
}

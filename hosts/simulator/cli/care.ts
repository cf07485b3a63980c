import { codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { Answer } from "../server/operations.ts";
import type { Lwm2mServer } from "../server/server.ts";

/** The sensor value of the application's thermometer: IPSO Temperature, resource 5700. */
export const temperaturePath = "/3303/0/5700";

/** How often its changes are told: at most once a minute, at least once an hour. */
const rhythm = { pmin: 60, pmax: 3600 };

/**
 * Lets a server do with every board that registers what an ordinary one does: read who it is, then observe its
 * temperature.
 * @param complain hears, in words, what a board did not agree to
 * @param everyMs the temperature is wanted at this rhythm; absent: `rhythm`
 */
export function careForBoards(server: Lwm2mServer, complain: (text: string) => void, everyMs?: number): void {
	const every = everyMs === undefined ? rhythm : { pmin: everyMs / 1000, pmax: everyMs / 1000 };
	server.on("registered", ({ registration: { endpoint } }) => {
		welcome(server, endpoint, every, complain).catch((error: Error) => complain(`${endpoint}: ${error.message}`));
	});
}

async function welcome(
	server: Lwm2mServer,
	endpoint: string,
	every: typeof rhythm,
	complain: (text: string) => void,
): Promise<void> {
	const { operations } = server;
	const check = (what: string, { code, message = "" }: Answer) => {
		if (!isSuccess(code)) complain(`${endpoint} answers ${what} with ${codeText(code)} ${message}`.trimEnd());
	};
	check("the read of its Device object", await operations.read(endpoint, "/3/0"));
	check("Write-Attributes", await operations.writeAttributes(endpoint, temperaturePath, every));
	check("the observation", await operations.observe(endpoint, temperaturePath));
}

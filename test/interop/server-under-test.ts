import type { RestClient } from "./rest-client.ts";

/** A LwM2M server that runs for a suite, seen through its REST API. */
export interface ServerUnderTest {
	/** For the test report: "Leshan 2.0.0-M18 (demo server)". */
	readonly name: string;
	/** As in "coap://127.0.0.1:5683". */
	readonly coapUri: string;
	/** As in "coaps://127.0.0.1:5684". */
	readonly coapsUri: string;
	readonly rest: RestClient;
	/** With the keys of writeServerKeys. */
	readonly keyFolder: string;
	/** Its last lines of output, for a failure's message. */
	log(): string;
	stop(): Promise<void>;
}

const pollMs = 100;

/** Waits until the REST API answers. @throws Error with the server's log after `timeoutMs` */
export async function answering(server: ServerUnderTest, timeoutMs: number): Promise<void> {
	const endMs = performance.now() + timeoutMs;
	for (;;) {
		try {
			await server.rest.clients();
			return;
		} catch (error) {
			if (performance.now() > endMs) {
				throw new Error(`${server.name} does not answer REST calls within ${timeoutMs} ms:\n${server.log()}`, {
					cause: error,
				});
			}
		}
		await new Promise((resolve) => setTimeout(resolve, pollMs));
	}
}

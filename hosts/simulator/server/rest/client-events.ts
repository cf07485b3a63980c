import type { Sample } from "../formats/records.ts";
import { pathText } from "../path.ts";
import type { Lwm2mServer } from "../server.ts";
import { registrationToJson, updateToJson } from "./client-json.ts";
import { coapLogToJson } from "./coap-log.ts";
import type { EventStreams } from "./event-stream.ts";
import { nodesToJson, nodeToJson, seriesToJson } from "./node-json.ts";

/**
 * Sends what a server tells of its clients to the streams, as leshan-demo-server does. @returns a function that ends it
 */
export function streamClients(server: Lwm2mServer, streams: EventStreams): () => void {
	const { on } = { on: server.on.bind(server) as Lwm2mServer["on"] };
	const send = streams.send.bind(streams);
	const endings = [
		on("registered", ({ registration }) => {
			send("REGISTRATION", registration.endpoint, () => registrationToJson(registration, server));
		}),
		on("updated", ({ registration, update }) => {
			const data = () => ({ registration: registrationToJson(registration, server), update: updateToJson(update) });
			send("UPDATED", registration.endpoint, data);
		}),
		on("deregistered", ({ registration }) => {
			send("DEREGISTRATION", registration.endpoint, () => registrationToJson(registration, server));
		}),
		on("sleeping", ({ registration: { endpoint } }) => send("SLEEPING", endpoint, () => ({ ep: endpoint }))),
		on("awake", ({ registration: { endpoint } }) => send("AWAKE", endpoint, () => ({ ep: endpoint }))),
		on("notification", ({ registration: { endpoint: ep }, path, node, samples }) => {
			const data = () => ({ ep, kind: "single", res: pathText(path), val: nodeToJson(node), ...timed(samples) });
			send("NOTIFICATION", ep, data);
		}),
		on("compositeNotification", ({ registration: { endpoint: ep }, paths, nodes, samples }) => {
			const val = () => ({ val: nodesToJson(nodes), paths: paths.map(pathText), ...timed(samples) });
			send("NOTIFICATION", ep, () => ({ ep, kind: "composite", ...val() }));
		}),
		on("observationFailed", ({ registration: { endpoint: ep }, path, paths, isComposite, code }) => {
			if (code === undefined) return;
			const what = isComposite ? { kind: "composite", paths: paths.map(pathText) } : { kind: "single" };
			const where = isComposite ? {} : { res: pathText(path) };
			send("NOTIFICATION", ep, () => ({ ep, ...what, ...where, val: null }));
		}),
		on("sent", ({ registration: { endpoint: ep }, nodes, samples }) => {
			send("SEND", ep, () => ({ ep, val: nodesToJson(nodes), ...timed(samples) }));
		}),
		on("coap", (event) => {
			send("COAPLOG", event.endpoint, () => coapLogToJson(event));
		}),
	];
	return () => {
		for (const end of endings) end();
	};
}

function timed(samples: readonly Sample[] | undefined): { series?: unknown } {
	return samples === undefined ? {} : { series: seriesToJson(samples) };
}

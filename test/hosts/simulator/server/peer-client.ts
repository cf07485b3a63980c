import { Chance } from "../../../../hosts/simulator/chance.ts";
import { Peer, type Request } from "../../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../../modules/coap/tuning.ts";
import { type Stage, serverAddress } from "./stage.ts";

/** A client out of modules/coap: for what takes blocks. */
export function peerClient(stage: Stage, requested: (peer: Peer, request: Request, nowMs: number) => void) {
	const chance = new Chance(5);
	const codes: number[] = [];
	const peer = new Peer({
		dice: chance,
		entropy: chance,
		limits: HOST_LIMITS,
		listener: {
			requested: (request, nowMs) => requested(peer, request, nowMs),
			responded: (_, { code }) => void codes.push(code),
			failed: (_, reason) => {
				throw new Error(reason);
			},
			observerGone: () => {},
		},
	});
	const from = { host: "", port: 0 };
	const buffer = new Uint8Array(2000);
	const send = () => {
		for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) {
			socket.write(bytes, serverAddress);
		}
	};
	const socket = stage.network.open({
		onReadable: () => {
			const nowMs = stage.time.nowMs();
			for (let size = socket.read(buffer, from); size >= 0; size = socket.read(buffer, from)) {
				peer.receive(buffer, 0, size, nowMs);
			}
			send();
		},
	});
	return { peer, codes, send };
}

import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";

const host = "127.0.0.1";
const triesMax = 20;

/**
 * Ports of the loopback interface that are free for TCP and for UDP. Another process may take one before it is used.
 */
export async function freePorts(count: number): Promise<number[]> {
	const held: { close(): unknown }[] = [];
	const ports: number[] = [];
	try {
		for (let tries = 0; ports.length < count; tries++) {
			if (tries === count + triesMax) throw new Error(`no ${count} free ports on ${host}`);
			const socket = await boundSocket(0);
			held.push(socket);
			const { port } = socket.address();
			const server = await boundServer(port).catch(() => undefined); // taken for TCP: try the next
			if (server === undefined) continue;
			held.push(server);
			ports.push(port);
		}
		return ports;
	} finally {
		for (const one of held) one.close();
	}
}

function boundSocket(port: number): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createSocket("udp4");
		socket.once("error", reject);
		socket.bind(port, host, () => resolve(socket));
	});
}

function boundServer(port: number): Promise<Server> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(port, host, () => resolve(server));
	});
}

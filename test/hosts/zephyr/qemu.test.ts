/**
 * The application on Zephyr, in QEMU's mps2-an385 with its own IP and PSA Crypto: registers with the embedded server
 * over DTLS, is read, restarts when told to and is back. $DORMOUSE_ZEPHYR_ELF names the image, whose server and key
 * are compiled in: hosts/zephyr/README.md, "In QEMU". Skipped without it.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { UdpNetwork } from "../../../hosts/simulator/network/udp-network.ts";
import { Lwm2mServer } from "../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../hosts/simulator/time.ts";
import { fromHex } from "../../../modules/bytes.ts";

const { DORMOUSE_ZEPHYR_ELF: image = "" } = process.env;
const skip =
	image === ""
		? "$DORMOUSE_ZEPHYR_ELF is not set: no image for mps2-an385"
		: spawnSync("qemu-system-arm", ["--version"]).status === 0
			? false
			: "no qemu-system-arm";
const securePort = 45_684;
const patienceMs = 120_000;

interface Line {
	readonly event: string;
	readonly resetCause?: string;
}

/** The board, and the events of its log. */
function startBoard(path: string) {
	const nic = ["-nic", "user,model=lan9118"];
	const semihosting = ["-semihosting-config", "enable=on,target=native"];
	const words = ["-machine", "mps2-an385", "-nographic", "-monitor", "none", "-serial", "stdio", "-kernel", path];
	const board = spawn("qemu-system-arm", [...words, ...nic, ...semihosting], { stdio: ["ignore", "pipe", "inherit"] });
	const heard: Line[] = [];
	let tell = () => {};
	const end = setTimeout(() => board.kill("SIGKILL"), 2 * patienceMs);
	createInterface({ input: board.stdout! }).on("line", (line) => {
		if (!line.startsWith("{")) return;
		heard.push(JSON.parse(line) as Line);
		tell();
	});
	return {
		heard,
		/** @returns all lines of that event, as soon as there are so many */
		async awaited(event: string, count: number): Promise<Line[]> {
			const found = () => heard.filter((line) => line.event === event);
			const isOver = AbortSignal.timeout(patienceMs);
			while (found().length < count) {
				await new Promise<void>((resolve, reject) => {
					tell = resolve;
					isOver.onabort = () => reject(new Error(`no ${event}: ${JSON.stringify(heard)}`));
				});
			}
			return found();
		},
		stop(): void {
			clearTimeout(end);
			board.kill("SIGKILL");
		},
	};
}

test("zephyr: registers in QEMU over DTLS, is read, restarts and is back", { skip }, async () => {
	const server = new Lwm2mServer({
		network: new UdpNetwork(),
		time: new RealTime(),
		host: "127.0.0.1",
		port: 0,
		securePort,
	});
	const key = fromHex("00112233445566778899aabbccddeeff")!;
	server.security.add({ endpoint: "oak", mode: "psk", identity: "oak", key });
	await server.start();
	const board = startBoard(image);
	try {
		await board.awaited("registered", 1);
		const { code } = await server.operations.read("oak", "/3/0");
		assert.equal(code, 0x45); // 2.05
		await server.operations.execute("oak", "/3/0/4");
		await board.awaited("registered", 2);
		const causes = (await board.awaited("booted", 2)).map(({ resetCause }) => resetCause);
		assert.deepEqual(causes, ["powerOn", "restart"]);
	} finally {
		board.stop();
		server.stop();
	}
});

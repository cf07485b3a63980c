import { equal, test, throws } from "../../harness.ts";
import { Scene } from "./scene.ts";

const tuning = { tokenBytes: 0 };
const get = { code: 1, path: ["a"] };

test("one request after the other: the empty token, as long as responses are piggybacked (RFC 7252 §5.3.1)", () => {
	const scene = new Scene({ tuning });
	for (let id = 1; id < 4; id++) {
		scene.peer.request(get, 0);
		scene
			.sends(`CON 0.01 #${id - 1} - /a`)
			.hears(`ACK 2.05 #${id + 6} -`)
			.tells();
		scene.hears(`ACK 2.05 #${id - 1} 00`).tells();
		scene.hears(`ACK 2.05 #${id - 1} -`).tells(`responded ${id} 2.05`);
	}
});

test("requests at once, Non-confirmable ones and observations get a byte", () => {
	const scene = new Scene({ tuning: { tokenBytes: 0, nstart: 4 } });
	scene.peer.request(get, 0);
	scene.peer.request(get, 0);
	scene.sends("CON 0.01 #0 - /a").sends("CON 0.01 #1 01 /a");
	scene.hears("ACK 2.05 #1 01").tells("responded 2 2.05").hears("ACK 2.04 #0 -").tells("responded 1 2.04");
	scene.peer.request({ ...get, type: "nonConfirmable" }, 0);
	scene.sends("NON 0.01 #2 02 /a").hears("NON 2.05 #9 02").tells("responded 3 2.05");
	scene.peer.request({ ...get, observe: 0 }, 0);
	scene.sends("CON 0.01 #3 03 /a obs=0").hears("ACK 2.05 #3 03 obs=1").tells("responded 4 2.05 obs=1");
	scene.peer.request(get, 0);
	scene.sends("CON 0.01 #4 - /a").hears("NON 2.05 #10 03 obs=2").tells("responded 4 2.05 obs=2");
	scene.hears("ACK 2.05 #4 -").tells("responded 5 2.05");
	scene.peer.request({ ...get, observe: 1 }, 0);
	scene.sends("CON 0.01 #5 03 /a obs=1");
});

test("after anything but a piggybacked response it is not used before reset() (RFC 9175 §4.2)", () => {
	const ends: ((scene: Scene) => void)[] = [
		(scene) => scene.hears("CON 2.05 #70 -").tells("responded 1 2.05"),
		(scene) => scene.hears("NON 2.05 #70 -").tells("responded 1 2.05"),
		(scene) => scene.hears("RST 0.00 #0").tells("failed 1 reset"),
		(scene) => scene.at(93_000).tells("failed 1 timedOut"),
		(scene) => scene.peer.cancel(1),
	];
	for (const end of ends) {
		const scene = new Scene({ tuning });
		scene.peer.request(get, 0);
		scene.sends("CON 0.01 #0 - /a");
		end(scene);
		scene.skip().peer.request(get, scene.nowMs);
		scene.sends("CON 0.01 #1 01 /a").hears("NON 2.05 #71 -").tells();
		scene.hears("ACK 2.05 #1 01").tells("responded 2 2.05");
		scene.peer.reset();
		scene.peer.request(get, scene.nowMs);
		scene.sends("CON 0.01 #2 - /a");
	}
});

test("each block takes it again", () => {
	const scene = new Scene({ tuning, limits: { blockSizeBytes: 16 } });
	scene.peer.request({ code: 3, path: ["a"], payload: new Uint8Array(20).fill(120) }, 0);
	scene.sends(`CON 0.03 #0 - /a b1=0/m/16 size1=20 "${"x".repeat(16)}"`).hears("ACK 2.31 #0 - b1=0/m/16");
	scene.sends('CON 0.03 #1 - /a b1=1/-/16 "xxxx"').hears("ACK 2.04 #1 - b1=1/-/16");
	scene.tells("responded 1 2.04");
});

test("with the default nothing changes: an empty token is a stranger's", () => {
	const scene = new Scene();
	scene.peer.request(get, 0);
	scene.sends("CON 0.01 #0 0001 /a").hears("ACK 2.05 #0 -").tells();
	equal(scene.peer.figures.requests, 1);
	throws(() => new Scene({ tuning: { tokenBytes: -1 } }));
});

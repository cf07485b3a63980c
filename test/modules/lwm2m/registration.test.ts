import { readUtf8, toHex, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { furnished } from "./furniture.ts";

test("[CORE-REG-1] registers, updates in time, de-registers when it stops", () => {
	const { world } = furnished();
	world.start();
	equal(world.requests.length, 1);
	const [register] = world.requests;
	equal(register!.code, Code.post);
	deepEqual(register!.path, ["rd"]);
	equal(world.client.sessions[0]!.state, "registered");
	world.run(300_000);
	equal(world.requests.length, 2);
	world.stop();
	const last = world.requests.at(-1)!;
	equal(last.code, Code.delete);
	deepEqual(last.path, ["rd", "5"]);
	ok(world.client.isEnded);
});

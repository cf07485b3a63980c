/** The REST interface and event stream of leshan-bsserver-demo. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { buildBootstrapHttp, buildHttp, startBootstrapHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import { BootstrapStage } from "./bootstrap-stage.ts";
import { Stage } from "./stage.ts";

const configuration = {
	toDelete: ["/0", "/1"],
	servers: { 0: { shortId: 101, lifetime: 300, defaultMinPeriod: 1, notifIfDisabled: true, binding: "U" } },
	security: {
		1: {
			uri: "coaps://10.9.9.9",
			bootstrapServer: false,
			securityMode: "PSK",
			publicKeyOrId: [97, 45, 49],
			serverPublicKey: [],
			secretKey: [0, 127, 128, 255],
			smsSecurityMode: "NO_SEC",
			smsBindingKeyParam: [],
			smsBindingKeySecret: [],
			serverSmsNumber: "",
			serverId: 101,
			clientOldOffTime: 1,
			bootstrapServerAccountTimeout: 0,
		},
	},
};
const json = (body: unknown) => ({ payload: JSON.stringify(body), headers: { "content-type": "application/json" } });

test("configurations: POST or PUT, GET of all and of one, DELETE, with Leshan's statuses", async () => {
	const stage = await BootstrapStage.open();
	const http = buildBootstrapHttp(stage.server);
	const url = "/api/bootstrap/a%2Fb";
	equal((await http.inject({ method: "POST", url, ...json(configuration) })).statusCode, 200);
	equal((await http.inject({ method: "PUT", url: "/api/bootstrap/c", ...json({}) })).statusCode, 200);
	const shown = { autoIdForSecurityObject: false, ...configuration, acls: {}, oscore: {} };
	deepEqual((await http.inject(url)).json(), shown);
	deepEqual(Object.keys((await http.inject("/api/bootstrap")).json()), ["a/b", "c"]);
	equal((await http.inject({ method: "DELETE", url })).statusCode, 204);
	const gone = await http.inject({ method: "DELETE", url });
	deepEqual([gone.statusCode, gone.body], [404, "no config for a/b"]);
	equal((await http.inject(url)).statusCode, 404);
	await http.close();
});

test("what can not be a configuration is answered 400 with Leshan's words; keys are not repeated", async () => {
	const stage = await BootstrapStage.open();
	const http = buildBootstrapHttp(stage.server);
	const post = async (body: string, url = "/api/bootstrap/a") => {
		const answer = await http.inject({ method: "POST", url, payload: body });
		return `${answer.statusCode} ${answer.body}`;
	};
	equal(await post("{}", "/api/bootstrap"), "400 endpoint name should be specified in the URL");
	equal(await post("{}", "/api/bootstrap/a/b"), "400 endpoint name should be specified in the URL, nothing more");
	equal(await post("null"), "400 no content");
	equal(await post('{"secretKey": [1,2'), "400 the body is not JSON");
	equal(await post('{"servers": {"0": {"shortId": 7}}}'), "400 no security entry for server instance: 0");
	equal(await post('{"security": {"0": {"uri": "coap://a"}}}'), "400 Security Mode is mandatory");
	deepEqual((await http.inject("/api/bootstrap")).json(), {});
	await http.close();
});

test("credentials of the Bootstrap-Server, and where it listens", async () => {
	const stage = await BootstrapStage.open();
	const http = buildBootstrapHttp(stage.server);
	const info = { endpoint: "a", tls: { mode: "psk", details: { identity: "me", key: "00ff" } } };
	equal((await http.inject({ method: "PUT", url: "/api/security/clients/", ...json(info) })).statusCode, 200);
	deepEqual((await http.inject("/api/security/clients")).json(), [info]);
	const [endpoint] = (await http.inject("/api/server/endpoint")).json() as { uri: { full: string } }[];
	equal(endpoint!.uri.full, "coap://10.8.8.8:5783");
	await http.close();
});

test("BSSESSION events, and a session through REST", async () => {
	const stage = await BootstrapStage.open({ toDelete: ["/0"] });
	const rest = await startBootstrapHttp({ bootstrap: stage.server, port: 0 });
	const begin = () => fetch(`${rest.url}/api/bootstrap/dormouse/session`, { method: "POST" });
	equal((await begin()).status, 404, "it has not been heard");
	const stream = await fetch(`${rest.url}/api/event?ep=dormouse`);
	await stage.request();
	equal((await begin()).status, 200);
	await stage.pass(1000);
	const reader = stream.body!.getReader();
	let text = "";
	while (text.split("\n\n").length <= 12) text += new TextDecoder().decode((await reader.read()).value);
	const events = text.split("\n\n").filter((block) => block !== "");
	match(events[0]!, /^event: BSSESSION\ndata: \{"name":"new session","endpoint":"dormouse","time":\d+,"message":"Boot/);
	const names = events.map((block) => (JSON.parse(block.slice(block.indexOf("{"))) as { name: string }).name);
	const session = ["send delete", "receive success response", "send request", "receive success response", "finished"];
	deepEqual(names, ["new session", "authorized", ...session, ...session]);
	await reader.cancel();
	await rest.stop();
});

test("both servers behind one HTTP interface: their credentials are two things", async () => {
	const { server } = await Stage.open();
	const { server: bootstrap } = await BootstrapStage.open();
	const http = buildHttp(server, bootstrap);
	const info = { endpoint: "a", tls: { mode: "x509" } };
	equal((await http.inject({ method: "PUT", url: "/api/bsserver/security/clients", ...json(info) })).statusCode, 200);
	deepEqual((await http.inject("/api/security/clients")).json(), []);
	deepEqual((await http.inject("/api/bsserver/security/clients")).json(), [info]);
	deepEqual((await http.inject("/api/bootstrap")).json(), {});
	await http.close();
});

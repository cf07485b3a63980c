/** The page at `/`: the clients, live. No framework, nothing loaded from elsewhere. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Dormouse LwM2M server</title>
<style>
	:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
	body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
	table { border-collapse: collapse; width: 100%; }
	th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
	td.empty { color: #888; }
	#log { font: 13px/1.5 ui-monospace, monospace; list-style: none; padding: 0; }
	#log li { border-bottom: 1px solid #8882; overflow-wrap: anywhere; }
	code { font-size: .9em; }
</style>
<h1>Clients</h1>
<table>
	<thead><tr>
		<th>Endpoint</th><th>Address</th><th>LwM2M</th><th>Lifetime</th><th>Last update</th><th>Objects</th>
	</tr></thead>
	<tbody id="clients"></tbody>
</table>
<h2>Events</h2>
<ul id="log"></ul>
<p>Everything here is in the REST interface: <code>GET /api/clients</code>, <code>GET /api/clients/ENDPOINT/3/0</code>,
<code>POST /api/clients/ENDPOINT/3303/0/5700/observe</code>, <code>GET /api/event</code>.</p>
<script>
	const clients = new Map();
	const cell = (row, text) => { row.insertCell().textContent = text; };
	function show() {
		const body = document.getElementById("clients");
		body.replaceChildren();
		for (const client of [...clients.values()].sort((a, b) => a.endpoint.localeCompare(b.endpoint))) {
			const row = body.insertRow();
			cell(row, client.endpoint + (client.sleeping ? " (asleep)" : ""));
			cell(row, client.address);
			cell(row, client.lwM2mVersion);
			cell(row, client.lifetime + " s");
			cell(row, new Date(client.lastUpdate).toLocaleTimeString());
			const instances = Object.entries(client.availableInstances);
			cell(row, instances.flatMap(([id, list]) => list.map((i) => "/" + id + "/" + i)).join(" "));
		}
		if (clients.size > 0) return;
		cell(body.insertRow(), "Nobody is registered.");
		body.rows[0].cells[0].className = "empty";
	}
	function log(text) {
		const list = document.getElementById("log");
		const line = document.createElement("li");
		line.textContent = new Date().toLocaleTimeString() + " " + text;
		list.prepend(line);
		while (list.children.length > 100) list.lastChild.remove();
	}
	const valueOf = (node) => JSON.stringify(node?.value ?? node?.values ?? node?.resources ?? node?.instances ?? node);
	const events = new EventSource("/api/event");
	events.onopen = async () => {
		clients.clear();
		for (const client of await (await fetch("/api/clients")).json()) clients.set(client.endpoint, client);
		show();
	};
	const on = (name, handle) => events.addEventListener(name, (event) => { handle(JSON.parse(event.data)); show(); });
	const keep = (client, what) => { clients.set(client.endpoint, client); log(client.endpoint + " " + what); };
	on("REGISTRATION", (client) => keep(client, "registered"));
	on("UPDATED", ({ registration }) => keep(registration, "updated"));
	on("DEREGISTRATION", (client) => { clients.delete(client.endpoint); log(client.endpoint + " is gone"); });
	on("SLEEPING", ({ ep }) => { if (clients.has(ep)) clients.get(ep).sleeping = true; });
	on("AWAKE", ({ ep }) => { if (clients.has(ep)) clients.get(ep).sleeping = false; });
	const each = (ep, val) => {
		for (const [path, node] of Object.entries(val ?? {})) log(ep + " " + path + " = " + valueOf(node));
	};
	on("NOTIFICATION", ({ ep, kind, res, val }) => kind === "composite" ? each(ep, val) : each(ep, { [res]: val }));
	on("SEND", ({ ep, val }) => each(ep, val));
	show();
</script>
</html>
`;

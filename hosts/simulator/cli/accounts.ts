import { readFileSync } from "node:fs";
import { fromHex } from "../../../modules/bytes.ts";
import type { Factory, FactoryBootstrap, FactorySecurity } from "../../../modules/host.ts";
import type { BoardMachine } from "../board/board.ts";
import type { Fields } from "../server/bootstrap/configuration.ts";
import { coapsPort } from "../server/server.ts";
import type { World } from "../world.ts";
import { serversOf, WrongUsage } from "./arguments.ts";
import { careForBoards } from "./care.ts";
import {
	type CredentialOptions,
	checkCredentials,
	hasCredentials,
	infoOf,
	introduce,
	readCredentials,
	secureServer,
	suggestion,
} from "./credentials.ts";

/** The flags that say where a board's accounts come from. */
export interface AccountOptions extends CredentialOptions {
	/** One or several; the board registers with each. */
	readonly server?: string | readonly string[];
	readonly lifetime?: number;
	/** A URI, or "own". */
	readonly bootstrap?: string;
	readonly bootstrapPskIdentity?: string;
	readonly bootstrapPskKey?: string;
	readonly bootstrapHoldOff?: number;
	/** Files. */
	readonly factory?: string;
	readonly smartCard?: string;
	/** The rhythm that the embedded server wants, in milliseconds. */
	readonly notifyEvery?: number;
	/** Milliseconds of virtual time. */
	readonly for?: number;
}

/** Whom the board registers with, and whom it asks for that. */
export type Accounts = Pick<Factory, "serverUri" | "security" | "servers" | "bootstrap">;

const isSecure = (uri: string) => uri.startsWith("coaps:");

/** Who stands for whom is checked before there is a board; files of keys are read, too. @throws WrongUsage */
export function checkAccounts(options: AccountOptions): void {
	const { server, bootstrap, factory } = options;
	const outside = server !== undefined ? "--server" : bootstrap !== undefined ? "--bootstrap" : "--factory";
	if (options.for !== undefined && (server ?? factory ?? (bootstrap === "own" ? undefined : bootstrap)) !== undefined) {
		throw new WrongUsage(
			`${outside} speaks to a real server in real time, which --for can not hurry: ` +
				`leave out --for, or leave out ${outside} to use the embedded one`,
		);
	}
	checkServers(options);
	checkBootstrap(options);
	bytesOf("--factory", factory);
	bytesOf("--smart-card", options.smartCard);
}

/** Keys and scheme belong together; files are read when there is a server to read them for. */
function checkServers(options: AccountOptions): void {
	const servers = serversOf(options.server);
	const secure = servers.find(isSecure);
	if (secure !== undefined && !hasCredentials(options))
		throw new WrongUsage(`${secure} wants keys: give ${suggestion}`);
	if (new Set(servers).size < servers.length) throw new WrongUsage("--server names the same server twice");
	if (servers.length === 0) checkCredentials(options);
	else readCredentials(options);
	if (servers.length === 0 || secure !== undefined || !hasCredentials(options)) return;
	throw new WrongUsage(`keys are for DTLS, and ${servers.join(" and ")} is without: write it as coaps://host:port`);
}

function checkBootstrap(options: AccountOptions): void {
	const { server, bootstrap, bootstrapHoldOff } = options;
	const keys = bootstrapKeys(options);
	if (bootstrap === undefined) {
		if (keys === undefined && bootstrapHoldOff === undefined) return;
		const idle = keys === undefined ? "--bootstrap-hold-off" : "--bootstrap-psk-identity";
		throw new WrongUsage(`${idle} is about a bootstrap server: name it with --bootstrap`);
	}
	if (bootstrap === "own" && server !== undefined) {
		throw new WrongUsage("--bootstrap own names the embedded server to the board: leave out --server");
	}
	if (bootstrap === "own") return;
	if (isSecure(bootstrap) && keys === undefined) {
		throw new WrongUsage(`${bootstrap} wants keys: give --bootstrap-psk-identity with --bootstrap-psk-key`);
	}
	if (!isSecure(bootstrap) && keys !== undefined) {
		throw new WrongUsage(`keys are for DTLS, and ${bootstrap} is without: write it as coaps://host:port`);
	}
	if (server === undefined && hasCredentials(options)) {
		throw new WrongUsage("keys are for --server; the bootstrap server's are --bootstrap-psk-identity …");
	}
}

function bootstrapKeys({ bootstrapPskIdentity, bootstrapPskKey }: AccountOptions): FactorySecurity | undefined {
	const given = {
		...(bootstrapPskIdentity === undefined ? {} : { pskIdentity: bootstrapPskIdentity }),
		...(bootstrapPskKey === undefined ? {} : { pskKey: bootstrapPskKey }),
	};
	try {
		return readCredentials(given);
	} catch (error) {
		if (!(error instanceof WrongUsage)) throw error;
		throw new WrongUsage(error.message.replaceAll("--psk", "--bootstrap-psk"), { cause: error });
	}
}

/** The bytes of a file that a flag names. @throws WrongUsage */
export function bytesOf(flag: string, file: string | undefined): Uint8Array | undefined {
	if (file === undefined) return undefined;
	try {
		return Uint8Array.from(readFileSync(file));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new WrongUsage(`${flag}: ${file}: ${code === "ENOENT" ? "there is no such file" : String(code)}`, {
			cause: error,
		});
	}
}

/**
 * What the board's factory says of its servers; embedded ones are started where the command line names none.
 * @param say tells people what happens with them
 * @throws WrongUsage, HostFailure
 */
export async function accountsFor<M extends BoardMachine>(
	options: AccountOptions,
	world: World<M>,
	endpoint: string,
	say: (text: string) => void,
): Promise<Accounts> {
	const { server, bootstrap, factory } = options;
	const asked: Accounts =
		bootstrap === undefined || bootstrap === "own" ? {} : { bootstrap: bootstrapAt(bootstrap, options) };
	if (server !== undefined) return { ...outside(options), ...asked };
	if (asked.bootstrap !== undefined || (factory !== undefined && bootstrap === undefined)) return asked;
	const own = await ownServer(options, world, endpoint, say);
	return bootstrap === "own" ? { bootstrap: await ownBootstrap(options, world, endpoint, own) } : own;
}

/** In words: whom it registers with. */
export function accountsText({ servers, serverUri, bootstrap }: Accounts): string {
	const named = servers?.map(({ uri }) => uri) ?? (serverUri === undefined ? [] : [serverUri]);
	if (bootstrap !== undefined) named.push(`the bootstrap server ${bootstrap.uri}`);
	return named.length === 0 ? "the servers of its factory's record" : named.join(" and ");
}

function bootstrapAt(uri: string, options: AccountOptions): FactoryBootstrap {
	const { bootstrapHoldOff: holdOffS } = options;
	const security = isSecure(uri) ? bootstrapKeys(options) : undefined;
	return { uri, ...(holdOffS === undefined ? {} : { holdOffS }), ...(security === undefined ? {} : { security }) };
}

/** The servers of the command line; several get the Short Server IDs 1, 2, …; the keys are for those with DTLS. */
function outside(options: AccountOptions): Accounts {
	const { server, lifetime: lifetimeS } = options;
	const uris = serversOf(server);
	const security = readCredentials(options);
	const keysFor = (uri: string) => (security === undefined || !isSecure(uri) ? {} : { security });
	if (uris.length === 1) return { serverUri: uris[0]!, ...keysFor(uris[0]!) };
	const lifetime = lifetimeS === undefined ? {} : { lifetimeS };
	return { servers: uris.map((uri, index) => ({ uri, shortServerId: index + 1, ...lifetime, ...keysFor(uri) })) };
}

/** The embedded server, which knows the board's keys where it is given some. */
async function ownServer<M extends BoardMachine>(
	options: AccountOptions,
	world: World<M>,
	endpoint: string,
	say: (text: string) => void,
): Promise<Accounts> {
	const isVirtual = options.for !== undefined;
	const at = { ...(isVirtual ? {} : { port: 0 }), ...secureServer(options, isVirtual ? coapsPort : 0) };
	const plainUri = await world.startServer(at);
	const server = world.server!;
	careForBoards(server, say, options.notifyEvery);
	const security = introduce(endpoint, options, server);
	return security === undefined ? { serverUri: plainUri } : { serverUri: world.secureUri!, security };
}

/** The embedded bootstrap server, which names the embedded server to the board. */
async function ownBootstrap<M extends BoardMachine>(
	options: AccountOptions,
	world: World<M>,
	endpoint: string,
	{ serverUri, security }: Accounts,
): Promise<FactoryBootstrap> {
	const keys = bootstrapKeys(options);
	const port = options.for === undefined ? { port: 0 } : {};
	const secure = keys === undefined ? {} : { securePort: options.for === undefined ? 0 : coapsPort };
	const plainUri = await world.startBootstrapServer({ ...port, ...secure });
	const server = world.bootstrapServer!;
	if (keys !== undefined) server.security.add(infoOf(endpoint, keys));
	const { lifetime = 300 } = options;
	server.configure(endpoint, {
		security: { 0: { uri: serverUri!, serverId: 1, ...keyFields(security) } },
		servers: { 0: { shortId: 1, lifetime } },
	});
	const uri = keys === undefined ? plainUri : world.secureUriOf(server)!;
	return { ...bootstrapAt(uri, options), ...(keys === undefined ? {} : { security: keys }) };
}

/** In Leshan's words. */
function keyFields(security: FactorySecurity | undefined): Fields {
	if (security === undefined) return { securityMode: "NO_SEC" };
	const { mode, publicKeyOrIdentity, secretKey, serverPublicKey, certificateUsage } = security;
	return {
		securityMode: mode.toUpperCase(),
		publicKeyOrId: fromHex(publicKeyOrIdentity)!,
		secretKey: fromHex(secretKey)!,
		...(serverPublicKey === undefined ? {} : { serverPublicKey: fromHex(serverPublicKey)! }),
		...(certificateUsage === undefined ? {} : { certificateUsage }),
	};
}

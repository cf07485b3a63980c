import { Code } from "../coap/code.ts";
import { frozen } from "../frozen.ts";
import type { EnablerVersion } from "./facts.ts";
import type { Account } from "./registration-port.ts";
import { isInstances } from "./value.ts";

/** The versions that there are, ascending. */
const allVersions: readonly EnablerVersion[] = frozen(["1.0", "1.1", "1.2"]);

/** Supported Server Versions (LwM2M Core 1.2 Appendix E.2). */
const supportedVersions = 25;

/**
 * Codes by which a server may say that it does not have the version. 4.12 says just that (LwM2M Transport 1.1 Table
 * 6.7-2), which 1.0 did not have yet: old servers answer what comes to them.
 */
const certain = Code.preconditionFailed;
const possible: readonly number[] = frozen([Code.badRequest, Code.badOption, Code.notImplemented]);

/**
 * Which enabler version is spoken with one server (LwM2M Core 1.2 §6.2.1): the highest that both have. What the server
 * took is kept for as long as the account is the same; a restart or a bootstrap begins with the highest again.
 */
export class Negotiation {
	private readonly most: EnablerVersion;
	private readonly allowed: readonly EnablerVersion[] | undefined;
	private readonly account: Account;
	/** Where a round begins. */
	private first: EnablerVersion;
	/** What is spoken now. Set here alone. */
	version: EnablerVersion;
	/** The server took `version` once. */
	private isTaken = false;
	/** Every version was refused by a code that may mean something else: there is no second round of guesses. */
	private hasGuessed = false;

	/** @param allowed those that may be spoken; `most` alone when left out */
	constructor(account: Account, most: EnablerVersion, allowed: readonly EnablerVersion[] | undefined) {
		this.account = account;
		this.most = most;
		this.allowed = allowed;
		this.version = this.first = this.highest();
	}

	/** A Register is about to go out: what the server is said to have may be news. */
	begin(): void {
		if (this.highest() !== this.first) this.forget();
	}

	/** Takes up what a server took in an earlier life. @returns false where we do not speak that any more */
	restore(version: EnablerVersion): boolean {
		if (version !== this.most && (version > this.most || this.allowed?.includes(version) !== true)) return false;
		this.version = version;
		this.isTaken = true;
		return true;
	}

	accepted(): void {
		this.isTaken = true;
	}

	/**
	 * A Register was refused.
	 * @returns true when the next lower version is spoken from now on: worth another one at once. false: where there is
	 * none left, the highest one is next
	 */
	refused(code: number): boolean {
		const isCertain = code === certain;
		if (!isCertain && (this.hasGuessed || this.isTaken || !possible.includes(code))) return false;
		const lower = this.below(this.version);
		this.isTaken = false;
		if (lower !== undefined) {
			this.version = lower;
			return true;
		}
		this.version = this.first;
		if (!isCertain) this.hasGuessed = true;
		return false;
	}

	/** The account is another one. */
	forget(): void {
		this.version = this.first = this.highest();
		this.isTaken = false;
		this.hasGuessed = false;
	}

	/** Our highest one, or the highest that the server is said to have. */
	private highest(): EnablerVersion {
		const said = this.account.server.at(supportedVersions);
		if (said === undefined || !isInstances(said)) return this.most;
		const texts: string[] = [];
		said.forEach((each) => {
			texts.push(`${each}.`); // "1.2.1" is 1.2
		});
		for (let each: EnablerVersion | undefined = this.most; each !== undefined; each = this.below(each)) {
			const version = `${each}.`;
			if (texts.some((text) => text.startsWith(version))) return each;
		}
		return this.most;
	}

	/** The next lower one that may be spoken. */
	private below(version: EnablerVersion): EnablerVersion | undefined {
		for (let at = allVersions.indexOf(version) - 1; at >= 0; at--) {
			const lower = allVersions[at]!;
			if (this.allowed?.includes(lower) === true) return lower;
		}
		return undefined;
	}
}

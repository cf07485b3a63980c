import { ClientAssociation } from "../dtls/client-association.ts";
import { ContentType } from "../dtls/content-type.ts";
import { decodeSession, encodeSession, type ResumableSession } from "../dtls/session.ts";
import type { CloseReason, DtlsSettings } from "../dtls/settings.ts";
import { HostFailure } from "../host.ts";
import type { SessionHome } from "../sleep/session-home.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import { DtlsChannel, DtlsTransport } from "./dtls-transport.ts";
import type { Instance } from "./instance.ts";
import type { SecureChannel, SecureListener } from "./secure.ts";

/**
 * DTLS whose sessions outlive sleep, resets and, in flash, power cuts: their sequence numbers are reserved in a home
 * before they are used (modules/dtls/README.md, "No nonce twice").
 */
export class RetainedDtlsTransport extends DtlsTransport {
	protected override channel(security: Instance, listener: SecureListener): SecureChannel {
		return new RetainedDtlsChannel(security, listener, this.options);
	}
}

/** A session that the server opened (DtlsListening) has no home: after a reset there is a handshake of ours. */
class RetainedDtlsChannel extends DtlsChannel {
	private home: SessionHome | undefined;
	/** Whether what resumes a session of an earlier life is still to be looked for. */
	private mayResume = false;

	liveIn(home: SessionHome): boolean {
		this.home = home;
		try {
			return this.takeUp(home);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return false; // no room for keys, or flash that can not be read: a handshake will say
		}
	}

	override connect(nowMs: number): void {
		if (this.mayResume && !this.isSecured) this.orForget(() => this.lookForResumption());
		this.mayResume = false;
		super.connect(nowMs);
	}

	/** An alert in the clear ends nothing; where it is true, an Update that nobody answers ends the session soon. */
	override receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		const isAlert = end - at > 4 && bytes[at] === ContentType.alert && bytes[at + 3] === 0 && bytes[at + 4] === 0;
		if (isAlert && this.isSecured) this.listener.doubted?.();
		else super.receive(bytes, at, end, nowMs);
	}

	goHome(): void {
		const state = this.association?.exportState();
		if (state !== undefined) this.home?.rest(state);
	}

	/** Of the association: a channel without a home keeps nothing, and so nothing can be found. */
	reserve(state: Uint8Array): void {
		this.home?.save(state);
	}

	override closed(reason: CloseReason): void {
		super.closed(reason);
		this.orForget(() => this.home?.forget());
	}

	protected override settings(credentials: Credentials): DtlsSettings {
		const { home } = this;
		const settings = { ...super.settings(credentials), statesResumption: false }; // that has a place of its own
		return home === undefined ? settings : { ...settings, reservation: home.tuning };
	}

	protected override keep(session: ResumableSession | undefined): void {
		if (session === this.session) return;
		super.keep(session);
		this.orForget(() => {
			const bytes = session === undefined ? undefined : encodeSession(session);
			this.home?.saveResumption(bytes);
			bytes?.fill(0);
		});
	}

	/** What can not be kept costs a handshake one day, and nothing now. */
	private orForget(run: () => void): void {
		try {
			run();
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
		}
	}

	private lookForResumption(): void {
		const resumption = this.home?.loadResumption();
		if (resumption === undefined)
			this.home?.saveResumption(undefined); // it may be there under other keys
		else this.session ??= decodeSession(resumption);
		resumption?.fill(0);
	}

	private takeUp(home: SessionHome): boolean {
		this.mayResume = true;
		const state = home.load();
		if (state === undefined) home.forget();
		if (state === undefined) return false;
		const { crypto, publicKeys } = this.options;
		const credentials = readCredentials(this.security, crypto, publicKeys);
		if ("code" in credentials) return false;
		const association = new ClientAssociation(this.settings(credentials), this);
		try {
			if (association.resume(state) === undefined) this.association = association;
			else home.forget();
		} finally {
			state.fill(0);
			crypto.release(credentials.key);
		}
		return this.isSecured;
	}
}

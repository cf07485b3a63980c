import { assert, equalBytes, type Fault } from "../bytes.ts";
import { ClientAssociation } from "./client-association.ts";
import type { Handshake } from "./handshake.ts";
import { challenge, type OpeningHello, readOpeningHello } from "./hello-gate.ts";
import { RecordView } from "./record.ts";
import { ServerHandshake } from "./server-handshake.ts";
import type { AssociationListener, DtlsSettings, Role } from "./settings.ts";

const noAddress = new Uint8Array(0);

/** A ClientAssociation that can also be the server's: a LwM2M Server may open the handshake. */
export class Association extends ClientAssociation {
	/** Server: what began it. */
	private opening: OpeningHello | undefined;

	/** @param view to share, where many associations take turns */
	constructor(role: Role, settings: DtlsSettings, listener: AssociationListener, view = new RecordView()) {
		super(settings, listener, view, role);
	}

	/** Makes an association, and has it resume(). @returns it, established; or why not */
	static resumeFrom(
		state: Uint8Array,
		settings: DtlsSettings,
		listener: AssociationListener,
		role: Role = "client",
		view = new RecordView(),
	): Association | Fault {
		const association = new Association(role, settings, listener, view);
		return association.resume(state) ?? association;
	}

	/** Server: makes ready for a ClientHello whose cookie somebody else has checked; receive() takes it. */
	accept(opening: OpeningHello, nowMs: number): void {
		assert(this.role === "server", "dtls: a client does not accept");
		this.open(opening, nowMs);
	}

	/** Server: is this the ClientHello that began it, or its repetition? */
	isOpenedBy({ hello }: OpeningHello): boolean {
		return this.opening !== undefined && equalBytes(hello.random, this.opening.hello.random);
	}

	protected override newServer(nowMs: number): Handshake {
		return new ServerHandshake(this.settings, this, this.opening!, nowMs);
	}

	protected override isChallenged(bytes: Uint8Array, nowMs: number): boolean {
		const opening = this.role === "server" ? readOpeningHello(bytes, this.view) : undefined;
		if (opening === undefined || this.isOpenedBy(opening)) return false;
		const { cookies, peerAddress = noAddress } = this.settings;
		const answer = cookies === undefined ? undefined : challenge(cookies, peerAddress, opening, nowMs);
		if (answer === undefined) this.open(opening, nowMs);
		else this.outgoing.post(answer);
		return answer !== undefined;
	}

	private open(opening: OpeningHello, nowMs: number): void {
		this.opening = opening;
		this.records.plainSequence = Math.max(this.records.plainSequence, opening.recordSequence);
		this.take("clientHello", nowMs);
	}
}

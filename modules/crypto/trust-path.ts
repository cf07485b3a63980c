import { equalBytes, type Fault } from "../bytes.ts";
import type { Crypto } from "../host.ts";
import { type Certificate, keyUsageDigitalSignature, keyUsageKeyCertSign, purposeAny } from "./certificate.ts";
import {
	badSignature,
	constraintNotMet,
	emptySubject,
	expired,
	nameConstraints,
	notCa,
	notVersion3,
	notYetValid,
	otherAlgorithm,
	pathTooLong,
	tooMuchWork,
	unknownCritical,
	unknownIssuer,
	wrongPurpose,
} from "./trust-fault.ts";

/** Signatures checked for one chain: four certificates in a row, and as many that lead nowhere. */
export const signatureChecksMax = 8;

/** Where a path may end: a certificate, or a key of which nothing else is known. */
export interface Anchor {
	readonly certificate: Certificate | undefined;
	readonly point: Uint8Array;
}

/** What one path must be like. */
export interface PathDemands {
	readonly crypto: Crypto;
	/** purposeServerAuth or purposeClientAuth of certificate.ts: what the leaf must be good for. */
	readonly purpose: number;
	/** Seconds since 1970; undefined: validity is not looked at. */
	readonly nowS: number | undefined;
	readonly anchors: readonly Anchor[];
	/** Certificates that may stand between, in any order. */
	readonly pool: readonly Certificate[];
	/** Certificate usage 0: a CA certificate of the path, its anchor included, that must be there. */
	readonly mustMeet?: (certificate: Certificate) => boolean;
}

/**
 * Looks for a path from a leaf up to an anchor and validates it on the way (RFC 5280 §6.1; no policies, no revocation).
 * Goes up by names first and checks a signature only where names, validity and flags agree; at most
 * `signatureChecksMax` of them, so that no chain can be made to cost more. As deep as there are certificates.
 */
export class PathSearch {
	readonly #demands: PathDemands;
	readonly #path: Certificate[] = [];
	#checksLeft = signatureChecksMax;
	/** The most telling refusal so far: the one that was met highest up. */
	#fault: Fault = unknownIssuer;
	#faultDepth = 0;

	constructor(demands: PathDemands) {
		this.#demands = demands;
	}

	/** @returns undefined when there is a path, else why there is none. Never throws */
	run(leaf: Certificate): Fault | undefined {
		const fault = leafFault(leaf, this.#demands.purpose) ?? this.validityFault(leaf);
		if (fault !== undefined) return fault;
		return this.climb(leaf, 0) ? undefined : this.#fault;
	}

	/** @param below how many certificates between the leaf and `current`, it included, count for pathLenConstraint */
	private climb(current: Certificate, below: number): boolean {
		this.#path.push(current);
		if (this.endsAt(current, below)) return true;
		for (const issuer of this.#demands.pool) {
			if (!current.isIssuedBy(issuer) || this.isOnPath(issuer)) continue;
			if (!this.mayIssue(issuer, below) || !this.isSignedBy(current, issuer.point)) continue;
			if (this.climb(issuer, issuer.isSelfIssued ? below : below + 1)) return true;
		}
		this.#path.pop();
		return false;
	}

	/** Whether an anchor is above `current`, or is it: then the path is complete. */
	private endsAt(current: Certificate, below: number): boolean {
		for (const { certificate, point } of this.#demands.anchors) {
			if (certificate === undefined) {
				if (this.isSignedBy(current, point) && this.meets(undefined)) return true;
				continue;
			}
			if (equalBytes(certificate.bytes, current.bytes)) {
				if (this.meets(undefined)) return true;
				continue;
			}
			if (!current.isIssuedBy(certificate) || !this.mayIssue(certificate, below)) continue;
			if (this.isSignedBy(current, point) && this.meets(certificate)) return true;
		}
		return false;
	}

	/** Certificate usage 0: the constraint is on any CA certificate of the path, which the leaf is not. */
	private meets(anchor: Certificate | undefined): boolean {
		const { mustMeet } = this.#demands;
		if (mustMeet === undefined || (anchor !== undefined && mustMeet(anchor))) return true;
		for (let index = 1; index < this.#path.length; index++) if (mustMeet(this.#path[index]!)) return true;
		return this.refuse(constraintNotMet);
	}

	private isOnPath(certificate: Certificate): boolean {
		for (const other of this.#path) if (equalBytes(other.bytes, certificate.bytes)) return true;
		return false;
	}

	private mayIssue(issuer: Certificate, below: number): boolean {
		const fault = issuerFault(issuer, this.#demands.purpose, below) ?? this.validityFault(issuer);
		return fault === undefined || this.refuse(fault);
	}

	private validityFault(certificate: Certificate): Fault | undefined {
		const { nowS } = this.#demands;
		if (nowS === undefined) return undefined;
		return nowS < certificate.notBeforeS ? notYetValid : nowS > certificate.notAfterS ? expired : undefined;
	}

	private isSignedBy(certificate: Certificate, point: Uint8Array | undefined): boolean {
		const { signature, bytes, signedAt, signedEnd } = certificate;
		const { crypto } = this.#demands;
		if (signature === undefined || point === undefined || crypto.p256 === undefined) return this.refuse(otherAlgorithm);
		if (this.#checksLeft === 0) return this.refuse(tooMuchWork);
		this.#checksLeft--;
		const run = crypto.sha256();
		run.update(bytes, signedAt, signedEnd);
		return crypto.p256.verify(point, run.digest(), signature) || this.refuse(badSignature);
	}

	private refuse(fault: Fault): false {
		if (this.#path.length >= this.#faultDepth) {
			this.#faultDepth = this.#path.length;
			this.#fault = fault;
		}
		return false;
	}
}

/** RFC 5280 §6.1.4 (o), §4.2.1.10 for every certificate of a path. */
function commonFault(certificate: Certificate): Fault | undefined {
	if (certificate.version !== 3) return notVersion3;
	if (certificate.hasUnknownCritical) return unknownCritical;
	// Differs from RFC 5280 §6.1.4 (g): we do not process them, so they are refused even where not critical.
	if (certificate.hasNameConstraints) return nameConstraints;
	// RFC 5280 §4.2.1.3: keyCertSign only together with cA.
	const signsOthers = certificate.keyUsage >= 0 && (certificate.keyUsage & keyUsageKeyCertSign) !== 0;
	return signsOthers && !certificate.isCa ? notCa : undefined;
}

/** What the certificate of the peer itself must be like (RFC 5280 §6.1.5, RFC 5246 §7.4.2). */
export function leafFault(leaf: Certificate, purpose: number): Fault | undefined {
	if (leaf.point === undefined) return otherAlgorithm;
	const fault = commonFault(leaf);
	if (fault !== undefined) return fault;
	if (leaf.keyUsage >= 0 && (leaf.keyUsage & keyUsageDigitalSignature) === 0) return wrongPurpose;
	if (leaf.purposes >= 0 && (leaf.purposes & (purpose | purposeAny)) === 0) return wrongPurpose;
	if (leaf.hasEmptySubject && !leaf.isAltNameCritical) return emptySubject;
	return undefined;
}

/**
 * What a certificate that stands above another must be like (RFC 5280 §6.1.4), anchors too.
 * Differs from RFC 6698 §2.1.1 and RFC 5280 §6.1.1 (d): an anchor without basicConstraints is no CA, so that nobody
 * who trusts a server's certificate by mistake trusts whatever that server signs.
 */
function issuerFault(issuer: Certificate, purpose: number, below: number): Fault | undefined {
	const fault = commonFault(issuer);
	if (fault !== undefined) return fault;
	if (issuer.point === undefined) return otherAlgorithm;
	if (!issuer.isCa) return notCa;
	if (issuer.keyUsage >= 0 && (issuer.keyUsage & keyUsageKeyCertSign) === 0) return notCa;
	if (issuer.pathLength >= 0 && below > issuer.pathLength) return pathTooLong;
	if (issuer.purposes >= 0 && (issuer.purposes & (purpose | purposeAny)) === 0) return wrongPurpose;
	return undefined;
}

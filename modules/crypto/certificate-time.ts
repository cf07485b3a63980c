import { fault } from "../bytes.ts";
import { type DerReader, tagGeneralizedTime, tagUtcTime } from "./der.ts";

export const certificateTime = fault("x509.time", "silence", "RFC 5280 §4.1.2.5");

/**
 * Reads a Time at the reader's place (RFC 5280 §4.1.2.5): UTCTime with seconds until 2049, GeneralizedTime with
 * seconds and without fractions from 2050 on, both in Zulu.
 * @returns seconds since 1970-01-01T00:00:00Z, without leap seconds; NaN after a fault
 */
export function takeTime(der: DerReader): number {
	const isShort = der.isNext(tagUtcTime);
	if (!der.take(isShort ? tagUtcTime : tagGeneralizedTime)) return Number.NaN;
	const { bytes, contentAt, contentEnd } = der;
	const yearDigits = isShort ? 2 : 4;
	let isTime = contentEnd - contentAt === yearDigits + 11 && bytes[contentEnd - 1] === 0x5a;
	for (let at = contentAt; at < contentEnd - 1; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) isTime = false;
	if (!isTime) {
		der.refuse(certificateTime);
		return Number.NaN;
	}
	const pair = (at: number) => (bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30;
	const at = contentAt + yearDigits;
	let year = pair(contentAt);
	if (isShort) year += year < 50 ? 2000 : 1900;
	else year = year * 100 + pair(contentAt + 2);
	const seconds = secondsAt(year, pair(at), pair(at + 2), pair(at + 4), pair(at + 6), pair(at + 8));
	if (Number.isNaN(seconds) || (!isShort && year < 2050)) {
		der.refuse(certificateTime);
		return Number.NaN;
	}
	return seconds;
}

/** @returns seconds since 1970, negative before it; NaN when the calendar has no such day or the day no such second */
function secondsAt(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
	if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return Number.NaN;
	const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
	const monthDays =
		month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
	if (day > monthDays) return Number.NaN;
	// Counted from 1 March of the year 0: the leap day is then the last of its year.
	const marchYear = month > 2 ? year : year - 1;
	const marchMonth = month > 2 ? month - 3 : month + 9;
	const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
	const days = marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 1;
	return (days - daysTo1970) * 86400 + hour * 3600 + minute * 60 + second;
}

/** From 1 March of the year 0 to 1 January 1970. */
const daysTo1970 = 719468;

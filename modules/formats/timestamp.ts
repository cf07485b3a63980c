/** Days from 1970-01-01 to the first day of a month of the Gregorian calendar, `month` counting from 1. */
function daysBefore(year: number, month: number): number {
	// Years begin in March here, so that the leap day comes last.
	const y = month > 2 ? year : year - 1;
	const monthFromMarch = (month + 9) % 12;
	return (
		y * 365 +
		Math.floor(y / 4) -
		Math.floor(y / 100) +
		Math.floor(y / 400) +
		Math.floor((153 * monthFromMarch + 2) / 5) -
		719468
	);
}

/**
 * Reads a date and time of RFC 3339 §5.6, as CBOR tag 0 carries it, such as "2013-05-02T10:40:15Z" or with "+02:00" for
 * the Z.
 * @returns seconds since 1970, with a fraction where the text has one; undefined when the text is anything else
 */
export function readTimestamp(text: string): number | undefined {
	const form = formOf(text);
	if (form.slice(0, 10) !== "0000-00-00" || form.slice(11, 19) !== "00:00:00") return undefined;
	if (form.charAt(10) !== "T" && form.charAt(10) !== "t") return undefined;
	let zone = 19;
	if (form.charAt(zone) === ".") {
		for (zone++; form.charAt(zone) === "0"; ) zone++;
		if (zone < 21 || zone > 29) return undefined; // one digit, to nine
	}
	const zoneForm = form.slice(zone);
	const isUtc = zoneForm === "Z" || zoneForm === "z";
	if (!isUtc && zoneForm !== "+00:00" && zoneForm !== "-00:00") return undefined;
	const field = (from: number, to: number) => Number(text.slice(from, to));
	const year = field(0, 4);
	const month = field(5, 7);
	const day = field(8, 10);
	const hour = field(11, 13);
	const minute = field(14, 16);
	const second = field(17, 19);
	if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
	const nextMonth = month === 12 ? daysBefore(year + 1, 1) : daysBefore(year, month + 1);
	const days = daysBefore(year, month) + day - 1;
	if (days >= nextMonth) return undefined;
	const zoneHour = isUtc ? 0 : field(zone + 1, zone + 3);
	const zoneMinute = isUtc ? 0 : field(zone + 4, zone + 6);
	if (zoneHour > 23 || zoneMinute > 59) return undefined;
	const offsetS = (zoneHour * 60 + zoneMinute) * (zoneForm === "-00:00" ? -60 : 60);
	return days * 86400 + hour * 3600 + minute * 60 + second + field(19, zone) - offsetS;
}

/** The text with a 0 for each of its digits. No regular expressions: they take 30 KB of a device's flash. */
function formOf(text: string): string {
	let form = "";
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		form += code >= 0x30 && code <= 0x39 ? "0" : text.charAt(at);
	}
	return form;
}

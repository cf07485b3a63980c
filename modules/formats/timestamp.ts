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
	const parts = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
	if (parts === null) return undefined;
	const field = (index: number) => Number(parts[index] ?? 0);
	const year = field(1);
	const month = field(2);
	const day = field(3);
	if (month < 1 || month > 12 || day < 1 || field(4) > 23 || field(5) > 59 || field(6) > 60) return undefined;
	if (field(9) > 23 || field(10) > 59) return undefined;
	const nextMonth = month === 12 ? daysBefore(year + 1, 1) : daysBefore(year, month + 1);
	const days = daysBefore(year, month) + day - 1;
	if (days >= nextMonth) return undefined;
	const offsetS = (field(9) * 60 + field(10)) * (parts[8] === "-" ? -60 : 60);
	return days * 86400 + field(4) * 3600 + field(5) * 60 + field(6) + field(7) - offsetS;
}

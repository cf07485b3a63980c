/** A table without what a formatter adds. */
export const bare = (markdown: string) =>
	markdown
		.trim()
		.replace(/ +/g, " ")
		.replace(/-+/g, "-")
		.replace(/\| - (?=\|)/g, "|-");

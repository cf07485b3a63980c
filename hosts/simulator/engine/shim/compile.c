/*
 * The bytecode compiler: source text of one module in, bytecode out whose code and strings are executed where they
 * lie.
 */
#include "shim.h"

typedef struct {
	const unsigned char* text;
	uint32_t size;
	uint32_t offset;
} Source;

/* What compile() returns; `error` is empty on success. */
typedef struct {
	uint32_t codeSize;
	txByte* code;
	uint32_t symbolsSize;
	txByte* symbols;
	char error[512];
} Compilation;

static Compilation compilation;
static txScript* script;

static int nextByte(void* it)
{
	Source* source = it;
	return (source->offset < source->size) ? source->text[source->offset++] : C_EOF;
}

/* Keeps the first error, which is the one that matters. */
static void keepError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	if (!compilation.error[0]) {
		int size = snprintf(compilation.error, sizeof(compilation.error), "%s:%d: ", path ? path : "?", (int)line);
		vsnprintf(compilation.error + size, sizeof(compilation.error) - size, format, arguments);
	}
}

/*
 * CODE and STRING operations copy what follows them to RAM; their ARCHIVE forms, of the same size, use it in place.
 * The linker of the SDK does the same replacement for modules in flash.
 */
static void executeInPlace(txByte* code, txSize size)
{
	txByte* end = code + size;
	while (code < end) {
		txU1 operation = *(txU1*)code;
		txS1 length = gxCodeSizes[operation];
		if ((XS_CODE_CODE_1 <= operation) && (operation <= XS_CODE_CODE_4))
			*(txU1*)code = operation - XS_CODE_CODE_1 + XS_CODE_CODE_ARCHIVE_1;
		else if ((XS_CODE_STRING_1 <= operation) && (operation <= XS_CODE_STRING_4))
			*(txU1*)code = operation - XS_CODE_STRING_1 + XS_CODE_STRING_ARCHIVE_1;
		if (length > 0)
			code += length;
		else if (length == 0)
			code += 1 + sizeof(txID);
		else if (length == -1)
			code += 2 + *(txU1*)(code + 1);
		else if (length == -2) {
			txU2 count;
			memcpy(&count, code + 1, sizeof(count));
			code += 3 + count;
		}
		else {
			txS4 count;
			memcpy(&count, code + 1, sizeof(count));
			code += 5 + count;
		}
	}
}

/* The result lives until the next call. `name` appears in errors and in the tags of template literals. */
TO_BOARD(compile) Compilation* compiler_compile(const char* name, const unsigned char* text, uint32_t size)
{
	/* Not a machine: the parser keeps two counters there, which begin at 0 for every module. */
	static txMachine console;
	txParser _parser;
	txParser* parser = &_parser;
	txParserJump jump;
	Source source = { text, size, 0 };
	if (script)
		fxDeleteScript(script);
	script = NULL;
	memset(&compilation, 0, sizeof(compilation));
	memset(&console, 0, sizeof(console));
	fxInitializeParser(parser, &console, 32 * 1024, 1993);
	parser->firstJump = &jump;
	parser->reportError = keepError;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, (txString)name);
		fxParserTree(parser, &source, nextByte, 0, NULL);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (!script && !compilation.error[0])
		snprintf(compilation.error, sizeof(compilation.error), "%s: out of memory", name);
	fxTerminateParser(parser);
	if (script && !compilation.error[0]) {
		compilation.codeSize = script->codeSize;
		compilation.code = script->codeBuffer;
		compilation.symbolsSize = script->symbolsSize;
		compilation.symbols = script->symbolsBuffer;
		executeInPlace(script->codeBuffer, script->codeSize);
	}
	return &compilation;
}

/* Replaces symbol numbers in compiled code in place: number n becomes ids[n]. */
TO_BOARD(renumber) void compiler_renumber(txByte* code, uint32_t size, txID* ids)
{
	fxRemapIDs(NULL, code, (txSize)size, ids);
}

/* What XS calls an operation, and how many bytes it takes; NULL behind the last one. */
TO_BOARD(codeName) const char* compiler_codeName(uint32_t number)
{
	return (number < XS_CODE_COUNT) ? gxCodeNames[number] : NULL;
}

TO_BOARD(codeSize) int32_t compiler_codeSize(uint32_t number)
{
	return gxCodeSizes[number];
}

/*
 * The machine out of ROM that the SDK's linker made (mc.xs.c): the shim's turns and figures, but a machine that is
 * prepared, not cloned from one that has run here; and its modules, which lie in ROM.
 */
#define device_create createFromRoot
#include "../../simulator/engine/shim/machine.c"
#undef device_create

/* Those of images; what they share with ours is used. */
#define fxFindModule findImageModule
#define fxLoadModule loadImageModule
#include "../../simulator/engine/shim/program.c"
#undef fxFindModule
#undef fxLoadModule

extern void *xsPreparationAndCreation(void **creation);
extern void linked_bind(txMachine *the);
extern const char *linked_entry(void);
extern void device_create(uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots, uint32_t moreSlots,
	uint32_t chunkBytes, uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys, uint32_t cHeapBytes,
	uint32_t meterInterval);

const char *linked_entry(void)
{
	return ((txPreparation *)xsPreparationAndCreation(C_NULL))->main;
}

static txMachine *prepared(txCreation *creation)
{
	txPreparation *preparation = xsPreparationAndCreation(C_NULL);
	creation->nameModulo = preparation->nameModulo;
	creation->symbolModulo = preparation->symbolModulo;
	return fxPrepareMachine(creation, preparation, "device", C_NULL, C_NULL);
}

void device_create(uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots, uint32_t moreSlots, uint32_t chunkBytes,
	uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys, uint32_t cHeapBytes, uint32_t meterInterval)
{
	beginDevice(prepared, arenaBytes, stackSlots, slots, moreSlots, chunkBytes, moreChunkBytes, keys, moreKeys,
		cHeapBytes);
	fxBeginHost(device);
	linked_bind(device);
	fxEndHost(device);
}

static txScript *scriptNamed(txPreparation *preparation, const char *path)
{
	txScript *script = preparation->scripts;
	txScript *end = script + preparation->scriptCount;
	while ((script < end) && strcmp(script->path, path))
		script++;
	return (script < end) ? script : C_NULL;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	char specifier[longestPath];
	char path[longestPath];
	fxToStringBuffer(the, slot, specifier, sizeof(specifier));
	if (!resolve((moduleID == XS_NO_ID) ? C_NULL : fxGetKeyName(the, moduleID), specifier, path, sizeof(path)))
		return XS_NO_ID;
	return scriptNamed(the->preparation, path) ? fxNewNameC(the, path) : XS_NO_ID;
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	txScript *script = scriptNamed(the->preparation, fxGetKeyName(the, moduleID));
	if (script)
		fxResolveModule(the, module, moduleID, script, C_NULL, C_NULL);
}

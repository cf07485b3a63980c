/*
 * Makes a machine that has run the built-ins and our modules into what the SDK's linker puts in flash: read-only,
 * shared by the machines cloned from it. fxShareMachine alone is not enough: clones copy slots that point into the
 * root's chunks, and their collector would then mark and move those chunks.
 */
#include "shim.h"

RomSizes shimRomSizes;

static txSlot** builtIns;
static uint32_t builtInCount;

static int isFunction(txSlot* slot)
{
	return slot && ((slot->kind == XS_CALLBACK_KIND) || (slot->kind == XS_CALLBACK_X_KIND)
		|| (slot->kind == XS_CODE_KIND) || (slot->kind == XS_CODE_X_KIND));
}

static uint32_t itemCount(txSlot* array)
{
	txSlot* items = array->value.array.address;
	return items ? ((txChunk*)((txByte*)items - sizeof(txChunk)))->size / sizeof(txSlot) : 0;
}

/* As Object.freeze, by flags alone. */
static void freeze(txSlot* instance)
{
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		property->flag |= XS_DONT_DELETE_FLAG;
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			uint32_t count = itemCount(property);
			for (; count; count--, item++)
				item->flag |= XS_DONT_DELETE_FLAG | ((item->kind == XS_ACCESSOR_KIND) ? 0 : XS_DONT_SET_FLAG);
		}
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static int isFrozenSlot(txSlot* slot)
{
	return (slot->flag & XS_DONT_DELETE_FLAG) && ((slot->kind == XS_ACCESSOR_KIND) || (slot->flag & XS_DONT_SET_FLAG));
}

static int isFrozen(txSlot* instance)
{
	txSlot* property;
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return 0;
	for (property = instance->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			uint32_t count = itemCount(property);
			for (; count; count--, item++)
				if (!isFrozenSlot(item))
					return 0;
		}
		else if (!(property->flag & XS_INTERNAL_FLAG) && !isFrozenSlot(property))
			return 0;
	}
	return 1;
}

/*
 * What XS cannot alias in RAM is frozen whether its program did so or not: the linker's rule. Functions freeze with
 * their prototypes.
 */
static void freezeUnaliasable(txMachine* root, txSlot* instance)
{
	txSlot* property = instance->next;
	if (!property || !(property->flag & XS_INTERNAL_FLAG))
		return;
	if (isFunction(property)) {
		freeze(instance);
		if (instance->flag & XS_CAN_CONSTRUCT_FLAG)
			for (; property; property = property->next)
				if ((property->ID == mxID(_prototype)) && (property->kind == XS_REFERENCE_KIND))
					freeze(property->value.reference);
		return;
	}
	switch (property->kind) {
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND:
	case XS_PROXY_KIND:
	case XS_REGEXP_KIND:
		freeze(instance);
		break;
	default:
		if (property->ID == XS_ENVIRONMENT_BEHAVIOR)
			freeze(instance);
		break;
	}
}

/* The kinds that say "not in my chunks": the collector leaves what they point to alone. */
static void pin(txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND:
		slot->kind = XS_STRING_X_KIND;
		break;
	case XS_BIGINT_KIND:
		slot->kind = XS_BIGINT_X_KIND;
		break;
	case XS_KEY_KIND:
		slot->kind = XS_KEY_X_KIND;
		break;
	case XS_CODE_KIND:
		slot->kind = XS_CODE_X_KIND;
		break;
	case XS_CALLBACK_KIND:
		slot->kind = XS_CALLBACK_X_KIND;
		break;
	case XS_REGEXP_KIND:
		slot->value.regexp.data = C_NULL; /* where matches are noted: without it, XS notes them in RAM */
		break;
	case XS_ARRAY_KIND: {
		txSlot* item = slot->value.array.address;
		uint32_t count = itemCount(slot);
		for (; count; count--, item++) {
			item->flag |= XS_MARK_FLAG;
			pin(item);
		}
		break;
	}
	}
}

typedef void (*Visitor)(txMachine* root, txSlot* slot);

static void eachSlot(txMachine* root, Visitor visit)
{
	txSlot* heap;
	txSlot* slot;
	for (heap = root->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			visit(root, slot);
}

static void rememberInstance(txMachine* root, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		builtIns[builtInCount++] = slot;
}

void shim_freezeBuiltIns(txMachine* root)
{
	fxCollectGarbage(root);
	builtIns = malloc(root->currentHeapCount * sizeof(txSlot*));
	eachSlot(root, rememberInstance);
}

static void prepareSlot(txMachine* root, txSlot* slot)
{
	pin(slot);
	if (slot->kind == XS_INSTANCE_KIND) {
		slot->flag |= XS_DONT_MARSHALL_FLAG;
		freezeUnaliasable(root, slot);
	}
	else if (slot->kind == XS_CLOSURE_KIND) {
		txSlot* closure = slot->value.closure;
		if ((closure->kind == XS_REFERENCE_KIND) && isFunction(closure->value.reference->next))
			closure->flag |= XS_DONT_SET_FLAG;
		if (closure->flag & XS_DONT_SET_FLAG)
			closure->flag |= XS_DONT_DELETE_FLAG;
		closure->ID = XS_NO_ID;
	}
}

/* What can still change gets an alias, a place in RAM for its changed copy. Number 0 means none. */
static void numberInstance(txMachine* root, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		slot->ID = isFrozen(slot) ? XS_NO_ID : root->aliasCount++;
}

/*
 * After the instances: a closure on a variable that can change is itself no obstacle to setting it, frozen as its
 * environment is.
 */
static void numberVariable(txMachine* root, txSlot* slot)
{
	if (slot->kind == XS_CLOSURE_KIND) {
		txSlot* variable = slot->value.closure;
		if (!(variable->flag & XS_DONT_SET_FLAG)) {
			if (variable->ID == XS_NO_ID)
				variable->ID = root->aliasCount++;
			slot->flag &= ~XS_DONT_SET_FLAG;
		}
	}
}

/* --- what can still change, by name --- */

static char names[2048];
static size_t namesSize;

static void noteName(txMachine* root, txID id, const char* why)
{
	const char* name = (id == XS_NO_ID) ? NULL : fxGetKeyName(root, id);
	size_t room = sizeof(names) - namesSize;
	int size = snprintf(names + namesSize, room, "%s: %s\n", name ? name : "?", why);
	if ((size_t)size >= room)
		names[namesSize] = 0; /* full: what does not fit is counted in the aliases all the same */
	else
		namesSize += size;
}

static int isAliased(txSlot* slot)
{
	return (slot->kind == XS_REFERENCE_KIND) && (slot->value.reference->ID != XS_NO_ID);
}

static void noteVariable(txMachine* root, txID id, txSlot* variable)
{
	if (variable->ID != XS_NO_ID)
		noteName(root, id, "not const");
	else if (isAliased(variable))
		noteName(root, id, "not frozen");
}

/* Variables that modules export or functions share, and objects that hang on frozen ones. */
static void noteChangeable(txMachine* root, txSlot* slot)
{
	txSlot* property;
	if ((slot->kind == XS_EXPORT_KIND) && slot->value.export.closure)
		noteVariable(root, slot->ID, slot->value.export.closure);
	else if (slot->kind == XS_CLOSURE_KIND)
		noteVariable(root, slot->ID, slot->value.closure);
	else if ((slot->kind == XS_INSTANCE_KIND) && isFrozen(slot))
		for (property = slot->next; property; property = property->next)
			if (!(property->flag & XS_INTERNAL_FLAG) && isAliased(property))
				noteName(root, property->ID, "not frozen");
}

static void pinChunks(txMachine* root)
{
	txBlock* block;
	for (block = root->firstBlock; block; block = block->nextBlock) {
		txByte* at = (txByte*)(block + 1);
		while (at < block->current) {
			txByte* next = ((txChunk*)at)->temporary;
			((txChunk*)at)->temporary = C_NULL; /* else a clone's sweep would take it for a chunk that moves */
			at = next;
		}
	}
}

/* A global object keeps a table of what was looked up lately, in its own memory. An ordinary object does not. */
static void makeOrdinary(txSlot* global)
{
	txSlot* lookups = global->next;
	if (lookups && (lookups->kind == XS_GLOBAL_KIND)) {
		global->next = lookups->next;
		global->flag &= ~XS_EXOTIC_FLAG;
	}
}

TO_BOARD(changeable) const char* rom_changeable(void)
{
	return names;
}

void shim_burn(txMachine* root)
{
	txSlot* global = root->stackTop[-1 - mxGlobalStackIndex].value.reference;
	txSlot* slot;
	uint32_t index;
	makeOrdinary(global);
	fxShareMachine(root);
	for (index = 0; index < builtInCount; index++)
		if ((builtIns[index]->kind == XS_INSTANCE_KIND) && (builtIns[index] != global))
			freeze(builtIns[index]);
	free(builtIns);
	eachSlot(root, prepareSlot);
	for (slot = root->stack; slot < root->stackTop; slot++)
		pin(slot);
	root->aliasCount = 1;
	eachSlot(root, numberInstance);
	eachSlot(root, numberVariable);
	namesSize = 0;
	eachSlot(root, noteChangeable);
	pinChunks(root);
	shimRomSizes.slots = root->currentHeapCount * sizeof(txSlot);
	shimRomSizes.chunks = root->currentChunksSize;
	shimRomSizes.stack = (root->stackTop - root->stack) * sizeof(txSlot);
	shimRomSizes.keys = root->keyIndex * sizeof(txSlot*);
	shimRomSizes.tables = (root->nameModulo + root->symbolModulo) * sizeof(txSlot*);
	shimRomSizes.aliases = root->aliasCount;
}

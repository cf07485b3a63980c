/* The boot state's bytes (modules/firmware/FORMAT.md): a ring of sectors, each change a whole new state, twice. */
#include "boot-state.h"

#include "nor-flash.h"

#include <string.h>

enum { formatVersion = 1, crcAt = 28, recordBytes = 32, places = flashSectorBytes / (2 * recordBytes) };

typedef enum { copyBlank, copyGarbage, copyGood } CopyKind;

typedef struct {
	CopyKind kind;
	uint32_t sequence;
	BootState state;
} Copy;

/* CRC-32 of ISO/IEC 13239. */
static uint32_t crc32(const uint8_t *bytes, int size)
{
	uint32_t crc = 0xFFFFFFFF;
	int bit;
	while (size-- > 0) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
	}
	return ~crc;
}

static void put32(uint8_t *at, uint32_t value)
{
	int index;
	for (index = 0; index < 4; index++)
		at[index] = (uint8_t)(value >> (8 * index));
}

static uint32_t get32(const uint8_t *at)
{
	return at[0] | ((uint32_t)at[1] << 8) | ((uint32_t)at[2] << 16) | ((uint32_t)at[3] << 24);
}

static void encode(const BootState *state, uint32_t sequence, uint8_t *into)
{
	memset(into, 0, recordBytes);
	put32(into, sequence);
	into[4] = formatVersion;
	into[5] = state->kept;
	into[6] = state->trial;
	into[7] = state->boots;
	put32(into + 8, state->elapsedMs);
	put32(into + 12, state->securityCounter);
	into[16] = state->reverted;
	into[17] = state->otherIs;
	memcpy(into + 20, state->otherId, bootIdBytes);
	put32(into + crcAt, crc32(into, crcAt));
}

static int isErased(const uint8_t *bytes)
{
	int index;
	for (index = 0; index < recordBytes; index++)
		if (bytes[index] != 0xFF)
			return 0;
	return 1;
}

static Copy copyAt(uint32_t offset)
{
	const uint8_t *bytes = flash_at(offset);
	Copy copy;
	memset(&copy, 0, sizeof(copy));
	copy.kind = copyGarbage;
	if (get32(bytes + crcAt) != crc32(bytes, crcAt)) {
		if (isErased(bytes))
			copy.kind = copyBlank;
		return copy;
	}
	copy.sequence = get32(bytes);
	if ((copy.sequence == 0) || (bytes[4] != formatVersion) || (bytes[5] > slotB) || (bytes[6] > trialRunning)
		|| (bytes[16] >= whyCount) || (bytes[17] > otherConfirmed))
		return copy;
	copy.kind = copyGood;
	copy.state.kept = bytes[5];
	copy.state.trial = bytes[6];
	copy.state.boots = bytes[7];
	copy.state.elapsedMs = get32(bytes + 8);
	copy.state.securityCounter = get32(bytes + 12);
	copy.state.reverted = bytes[16];
	copy.state.otherIs = bytes[17];
	if (bytes[17] != otherUnknown)
		memcpy(copy.state.otherId, bytes + 20, bootIdBytes);
	return copy;
}

static uint32_t placeAt(const BootStore *store, uint32_t sector, uint32_t place)
{
	return store->begin + sector * flashSectorBytes + place * 2 * recordBytes;
}

/* Goes behind the last place that was touched. @returns whether a state was there that is not to be read */
static int skip(BootStore *store)
{
	uint32_t place;
	int isDamaged = 0;
	for (place = store->place; place < places; place++) {
		uint32_t at = placeAt(store, store->sector, place);
		Copy first = copyAt(at);
		Copy second = copyAt(at + recordBytes);
		if ((first.kind == copyBlank) && (second.kind == copyBlank))
			continue;
		store->place = place + 1;
		if ((first.kind != copyBlank) && (second.kind != copyBlank))
			isDamaged = 1;
	}
	return isDamaged;
}

static StoreCondition read(BootStore *store)
{
	uint32_t sector, place;
	int isHalf = 0, isLost = 0, isDamaged;
	for (sector = 0; sector < store->size / flashSectorBytes; sector++) {
		for (place = 0; place < places; place++) {
			uint32_t at = placeAt(store, sector, place);
			Copy first = copyAt(at);
			Copy second = copyAt(at + recordBytes);
			const Copy *found = (first.kind == copyGood) ? &first : &second;
			if ((first.kind == copyGarbage) && (second.kind == copyGarbage))
				isLost = 1;
			if ((found->kind != copyGood) || (found->sequence < store->sequence))
				continue;
			store->sequence = found->sequence;
			store->state = found->state;
			store->hasState = 1;
			store->sector = sector;
			store->place = place + 1;
			isHalf = (first.kind != copyGood) || (second.kind != copyGood);
		}
	}
	if (!store->hasState && isLost)
		return storeLost;
	/* Never written: there is nothing to erase, and an erase that is cut would look like a loss. */
	if (!store->hasState)
		store->place = 0;
	isDamaged = skip(store);
	if (!store->hasState)
		return storeBlank;
	return isDamaged ? storeDamaged : isHalf ? storeRepaired : storeGood;
}

void store_open(BootStore *store, uint32_t begin, uint32_t size)
{
	memset(store, 0, sizeof(*store));
	store->begin = begin;
	store->size = size;
	store->place = places;
	store->condition = read(store);
}

static int writeCopy(uint32_t at, const uint8_t *bytes)
{
	return !flash_write(at, bytes, recordBytes) && !memcmp(flash_at(at), bytes, recordBytes);
}

/* Into the sector in use. @returns whether it had room; with the first copy whole the state is in force */
static int append(BootStore *store, const uint8_t *bytes)
{
	while (store->place < places) {
		uint32_t at = placeAt(store, store->sector, store->place++);
		if (writeCopy(at, bytes)) {
			writeCopy(at + recordBytes, bytes);
			return 1;
		}
	}
	return 0;
}

/* Into another sector than that of the state in force; where nothing is in force yet, into any. */
static int moveOn(BootStore *store, const uint8_t *bytes)
{
	uint32_t count = store->size / flashSectorBytes;
	uint32_t from = store->sector;
	uint32_t step;
	for (step = 1; (step < count) || ((step == count) && (store->sequence == 0)); step++) {
		store->sector = (from + step) % count;
		store->place = 0;
		if (!flash_erase(placeAt(store, store->sector, 0), flashSectorBytes) && append(store, bytes))
			return 1;
	}
	store->sector = from;
	store->place = places;
	return 0;
}

int store_write(BootStore *store, const BootState *state)
{
	uint8_t bytes[recordBytes];
	if (store->hasState && boot_isSame(&store->state, state))
		return 1;
	encode(state, store->sequence + 1, bytes);
	if (!append(store, bytes) && !moveOn(store, bytes))
		return 0;
	store->sequence++;
	store->state = *state;
	store->hasState = 1;
	return 1;
}

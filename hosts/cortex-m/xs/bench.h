/* What the files beside this one share, over and above the shim. */
#ifndef DORMOUSE_BENCH_H
#define DORMOUSE_BENCH_H

#include "board.h"

/*
 * A program runs on three machines, one after the other. On the first it plays both sides of a conversation and keeps
 * what the peer says; on the others it hears that again.
 */
enum { rehearsal = 1, counting = 2, fitting = 3 };

/* Chance comes from two sources, ours and the peer's, so that ours is the same with the peer and without. */
void board_seed(void);
extern int boardSide;

/* What the program learns as its boot record: JSON. */
extern char boardRecord[160];

#endif

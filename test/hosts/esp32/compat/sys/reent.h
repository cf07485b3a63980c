/* Newlib 3.3 declares this pointer constant, ESP-IDF's newlib does not: Debian's headers stand in for those of its compiler. */
#define _global_impure_ptr _global_impure_ptr_of_newlib3
#include_next <sys/reent.h>
#undef _global_impure_ptr

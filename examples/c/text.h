/* text.h: what to train on. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

/* All files, one after the other: *length bytes, to be freed. Ends the program if one cannot be read. */
unsigned char *read_text(int count, char **paths, size_t *length);

#endif

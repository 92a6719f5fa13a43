#include "text.h"

#include <stdio.h>
#include <stdlib.h>

#include "watch.h"

unsigned char *read_text(int count, char **paths, size_t *length) {
    unsigned char *text = NULL;
    *length = 0;
    for (int i = 0; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) fail(paths[i], "cannot be read");
        for (size_t got = 1; got > 0; *length += got) {
            unsigned char *more = realloc(text, *length + 65536);
            if (more == NULL) fail(paths[i], "no memory");
            text = more;
            got = fread(text + *length, 1, 65536, file);
        }
        if (ferror(file)) fail(paths[i], "cannot be read to its end");
        fclose(file);
    }
    return text;
}

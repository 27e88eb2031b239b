#ifndef CHECK_H
#define CHECK_H

#include "bonemuscle.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                                \
    do {                                                                                                                \
        if (!(condition)) {                                                                                             \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, bonemuscle_last_error());    \
            exit(1);                                                                                                    \
        }                                                                                                               \
    } while (0)

#endif

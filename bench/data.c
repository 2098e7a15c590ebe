/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"

/* ---- names and texts ---- */

/* splitmix64: scatters numbers over 64 bits. */
static uint64_t scatter(uint64_t number)
{
    uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x632be59bd9b4e019);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

id id_of(id_kind kind, uint64_t number)
{
    char text[64];
    id made;
    uint64_t high = scatter(number * 3 + (uint64_t)kind);
    uint64_t low = scatter(high);
    (void)snprintf(text, sizeof(text), "%08x-%04x-4%03x-a%03x-%012" PRIx64, (unsigned)(high >> 32),
                   (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(low >> 52),
                   low & UINT64_C(0xffffffffffff));
    memcpy(made.text, text, sizeof(made.text));
    return made;
}

id member_of(uint64_t group, uint64_t which)
{
    return id_of(ID_USER, 2 * group + which);
}

bench_text text_of(uint64_t number)
{
    static const char words[] = "Shall we meet at the usual place, a little after nine? Bring the "
                                "others along if they have time; there is room for everybody. I "
                                "will be there early to hold the table by the window, as always.";
    bench_text made;
    size_t size = 20 + scatter(number) % (sizeof(made.text) - 20);
    memcpy(made.text, words, size);
    made.text[size] = '\0';
    return made;
}

bench_path path_in(const char *folder, const char *name)
{
    bench_path path;
    int size = snprintf(path.text, sizeof(path.text), "%s/%s", folder, name);
    must(size > 0 && (size_t)size < sizeof(path.text), "a path that is not too long");
    return path;
}

/* ---- the library ---- */

void need(cruddur_status status, cruddur_error *const *error)
{
    must(status == CRUDDUR_OK, cruddur_error_message(*error));
}

/* SPDX-License-Identifier: MIT */
#include "sqlite/heir.h"

#include "sqlite/bed.h"
#include "support/child.h"

const char *heir_opens(void *unused)
{
    cruddur *dm = NULL;
    (void)unused;
    return test_wrong_failure(cruddur_open("sqlite::memory:", NULL, &dm, TEST_ERROR),
                              CRUDDUR_E_STORE_FORKED, NULL);
}

const char *heir_uses(void *dm)
{
    cruddur_row_page *page;
    const char *wrong =
        test_wrong_failure(cruddur_scan(dm, NULL, &page, TEST_ERROR), CRUDDUR_E_STORE_FORKED, NULL);
    cruddur_close(dm);
    return wrong == NULL ? heir_opens(NULL) : wrong;
}

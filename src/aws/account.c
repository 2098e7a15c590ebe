/* SPDX-License-Identifier: MIT */
#include "aws/account.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Credentials hardly ever change their account: the list has one entry, or two. Entries are added
 * in front and stay. */
typedef struct known_account {
    struct known_account *next;
    cr_endpoint_url endpoint;
    size_t id_size;
    char id[]; /* empty: the service's common endpoint */
} known_account;

struct cr_accounts {
    cr_endpoint endpoint;
    _Atomic(known_account *) known;
};

cruddur_status cr_accounts_new(const cr_endpoint *endpoint, cr_accounts **ret_accounts,
                               cruddur_error **error)
{
    cr_accounts *accounts = malloc(sizeof(*accounts));
    if (accounts == NULL) {
        return cr_fail_memory(error);
    }
    accounts->endpoint = *endpoint;
    atomic_init(&accounts->known, NULL);
    *ret_accounts = accounts;
    return CRUDDUR_OK;
}

static void free_account(known_account *account)
{
    cr_endpoint_url_free(&account->endpoint);
    free(account);
}

void cr_accounts_free(cr_accounts *accounts)
{
    if (accounts == NULL) {
        return;
    }
    for (known_account *at = atomic_load(&accounts->known); at != NULL;) {
        known_account *next = at->next;
        free_account(at);
        at = next;
    }
    free(accounts);
}

/* NULL: it failed, with this status. */
static known_account *make_account(const cr_accounts *accounts, cr_str account_id,
                                   cruddur_status *status, cruddur_error **error)
{
    char url[CR_ENDPOINT_SIZE];
    *status = cr_endpoint_of_account(&accounts->endpoint, account_id, url, error);
    if (*status != CRUDDUR_OK) {
        return NULL;
    }
    known_account *made = malloc(sizeof(*made) + account_id.size);
    if (made == NULL) {
        *status = cr_fail_memory(error);
        return NULL;
    }
    made->id_size = account_id.size;
    if (account_id.size > 0) {
        memcpy(made->id, account_id.data, account_id.size);
    }
    *status = cr_endpoint_url_parse(url, &made->endpoint, error);
    if (*status != CRUDDUR_OK) {
        free(made);
        return NULL;
    }
    return made;
}

cruddur_status cr_accounts_find(cr_accounts *accounts, cr_str account_id,
                                const cr_endpoint_url **ret_endpoint, cruddur_error **error)
{
    known_account *first = atomic_load(&accounts->known);
    for (const known_account *at = first; at != NULL; at = at->next) {
        if (cr_str_equal(account_id, (cr_str){at->id, at->id_size})) {
            *ret_endpoint = &at->endpoint;
            return CRUDDUR_OK;
        }
    }
    cruddur_status status;
    known_account *made = make_account(accounts, account_id, &status, error);
    if (made == NULL) {
        return status;
    }
    /* Two threads may add the same account; either entry will do. */
    do {
        made->next = first;
    } while (!atomic_compare_exchange_weak(&accounts->known, &first, made));
    *ret_endpoint = &made->endpoint;
    return CRUDDUR_OK;
}

/* SPDX-License-Identifier: MIT */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static void add(struct sync_plan *plan, struct sync_item item)
{
    if (plan->count == plan->capacity) {
        plan->capacity = plan->capacity > 0 ? 2 * plan->capacity : 64;
        plan->items = memory_resize(plan->items, plan->capacity, sizeof(*plan->items));
    }
    plan->items[plan->count++] = item;
}

/* --- by handle --- */

struct place {
    const struct users_entry *user;
};

static int compare_handles(const void *a, const void *b)
{
    const struct place *one = a, *other = b;
    return strcmp(one->user->fields[USERS_HANDLE], other->user->fields[USERS_HANDLE]);
}

/* The users' places in the order of handles. */
static struct place *order_users(const struct users *users)
{
    struct place *places = memory_resize(NULL, users->count + 1, sizeof(*places));
    for (size_t i = 0; i < users->count; i++) {
        places[i].user = &users->entries[i];
    }
    qsort(places, users->count, sizeof(*places), compare_handles);
    return places;
}

/* The number of users, from the first on, who have this handle. */
static size_t count_users(const struct place *places, size_t count, const char *handle)
{
    size_t same = 0;
    while (same < count && strcmp(places[same].user->fields[USERS_HANDLE], handle) == 0) {
        same++;
    }
    return same;
}

/* The same of accounts. */
static size_t count_accounts(const struct pool_user *accounts, size_t count, const char *handle)
{
    size_t same = 0;
    while (same < count && accounts[same].handle != NULL &&
           strcmp(accounts[same].handle, handle) == 0) {
        same++;
    }
    return same;
}

static enum sync_kind choose_kind(const struct sync_item *item)
{
    if (item->n_users > 1 || item->n_accounts > 1) {
        return SYNC_SAME_HANDLE;
    }
    if (item->user == NULL || item->account == NULL) {
        return item->user == NULL ? SYNC_NOT_IN_TABLE : SYNC_NOT_IN_POOL;
    }
    bool is_same = strcmp(item->user->fields[USERS_COGNITO_USER_ID], item->account->sub) == 0;
    return is_same ? SYNC_UNCHANGED : SYNC_CHANGED;
}

/* Adds an item for each handle of either side. */
static void compare_sides(struct sync_plan *plan, const struct place *places, size_t n_users,
                          const struct pool_user *accounts, size_t n_accounts)
{
    size_t user = 0, account = 0;
    while (user < n_users || account < n_accounts) {
        bool has_user = user < n_users;
        bool has_account = account < n_accounts && accounts[account].handle != NULL;
        if (!has_user && !has_account) {
            break;
        }
        const char *handle =
            has_user ? places[user].user->fields[USERS_HANDLE] : accounts[account].handle;
        if (has_user && has_account && strcmp(accounts[account].handle, handle) < 0) {
            handle = accounts[account].handle;
        }
        struct sync_item item = {
            .n_users = count_users(places + user, n_users - user, handle),
            .n_accounts = count_accounts(accounts + account, n_accounts - account, handle)};
        item.user = item.n_users > 0 ? places[user].user : NULL;
        item.account = item.n_accounts > 0 ? &accounts[account] : NULL;
        item.kind = choose_kind(&item);
        add(plan, item);
        user += item.n_users;
        account += item.n_accounts;
    }
    for (; account < n_accounts; account++) {
        add(plan, (struct sync_item){.kind = SYNC_WITHOUT_HANDLE, .account = &accounts[account]});
    }
}

/* --- by cognito_user_id --- */

/* The id that a user will have. */
struct future {
    const char *id;
    const struct users_entry *user;
    struct sync_item *item; /* NULL: the user is left alone */
};

static int compare_futures(const void *a, const void *b)
{
    const struct future *one = a, *other = b;
    int order = strcmp(one->id, other->id);
    return order != 0 ? order
                      : strcmp(one->user->fields[USERS_UUID], other->user->fields[USERS_UUID]);
}

static bool is_pair(const struct sync_item *item)
{
    return item->kind == SYNC_CHANGED || item->kind == SYNC_UNCHANGED;
}

/* Fills in the ids of all users who will have one; returns how many. */
static size_t look_ahead(struct sync_plan *plan, const struct place *places, size_t n_users,
                         struct future *futures)
{
    size_t count = 0;
    struct sync_item *item = plan->items, *end = plan->items + plan->count;
    for (size_t i = 0; i < n_users; i++) {
        /* Both are in the order of handles; an item of several users has the first one. */
        const struct users_entry *user = places[i].user;
        while (item < end && (item->user == NULL || strcmp(item->user->fields[USERS_HANDLE],
                                                           user->fields[USERS_HANDLE]) < 0)) {
            item++;
        }
        bool has_item = item < end && item->user == user && is_pair(item);
        const char *id = has_item ? item->account->sub : user->fields[USERS_COGNITO_USER_ID];
        if (*id != '\0' && strcmp(id, USERS_NO_ACCOUNT) != 0) {
            futures[count++] = (struct future){id, user, has_item ? item : NULL};
        }
    }
    return count;
}

/* Refuses pairs whose id another user would have, too. Returns whether there were any: then their
 * users keep the ids that they have, which may be in the way of others. */
static bool refuse_same_ids(struct future *futures, size_t count)
{
    bool has_refused = false;
    if (count > 0) {
        qsort(futures, count, sizeof(*futures), compare_futures);
    }
    for (size_t i = 0; i < count; i++) {
        bool is_same_before = i > 0 && strcmp(futures[i - 1].id, futures[i].id) == 0;
        bool is_same_after = i + 1 < count && strcmp(futures[i + 1].id, futures[i].id) == 0;
        struct sync_item *item = futures[i].item;
        if (item != NULL && (is_same_before || is_same_after)) {
            item->kind = SYNC_SAME_ID;
            item->other = futures[is_same_before ? i - 1 : i + 1].user;
            has_refused = true;
        }
    }
    return has_refused;
}

void sync_make_plan(const struct users *users, const struct pool_users *accounts,
                    struct sync_plan *ret_plan)
{
    struct sync_plan plan = {NULL, 0, 0, {0}};
    struct place *places = order_users(users);
    struct future *futures = memory_resize(NULL, users->count + 1, sizeof(*futures));
    compare_sides(&plan, places, users->count, accounts->users, accounts->count);
    while (refuse_same_ids(futures, look_ahead(&plan, places, users->count, futures))) {
    }
    for (size_t i = 0; i < plan.count; i++) {
        plan.counts[plan.items[i].kind]++;
    }
    free(futures);
    free(places);
    *ret_plan = plan;
}

void sync_plan_free(struct sync_plan *plan)
{
    free(plan->items);
    *plan = (struct sync_plan){NULL, 0, 0, {0}};
}

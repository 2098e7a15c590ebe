/* SPDX-License-Identifier: MIT */
#include "world/faults/faults.h"

#include <time.h>

#include "world/faults/library.h"

#define BLIND(name, on, pk, mode)                                                                  \
    {                                                                                              \
        name, {SIM_DEED_BLIND, on, pk}, FAULT_CUT_NONE, mode, false, NULL                          \
    }
#define DROP(name, on, pk, mode)                                                                   \
    {                                                                                              \
        name, {SIM_DEED_DROP, on, pk}, FAULT_CUT_NONE, mode, false, NULL                           \
    }
#define OTHER(name, deed, mode)                                                                    \
    {                                                                                              \
        name, {deed, SIM_ON_ALL, NULL}, FAULT_CUT_NONE, mode, false, NULL                          \
    }
#define CUT(name, cut, mode)                                                                       \
    {                                                                                              \
        name, {SIM_DEED_NONE, 0, NULL}, cut, mode, false, NULL                                     \
    }
#define HIDDEN(name, cut, mode, why)                                                               \
    {                                                                                              \
        name, {SIM_DEED_NONE, 0, NULL}, cut, mode, false, why                                      \
    }

const fault faults_all[] = {
    BLIND("a claim overwrites another", SIM_ON_PUT, "CLAIM#", STAGE_ATOMIC),
    BLIND("a claim overwrites another", SIM_ON_PUT, "CLAIM#", STAGE_STREAM),
    BLIND("a claim overwrites another", SIM_ON_PUT, "CLAIM#", STAGE_STEPS),
    BLIND("a claim overwrites another", SIM_ON_PUT, "CLAIM#", STAGE_MIXED),
    BLIND("a card overwrites another", SIM_ON_PUT, "CARD#", STAGE_ATOMIC),
    BLIND("a card is changed blindly", SIM_ON_REPLACE, "CARD#", STAGE_ATOMIC),
    BLIND("a card is changed blindly", SIM_ON_REPLACE, "CARD#", STAGE_STREAM),
    BLIND("a message overwrites another", SIM_ON_PUT, "MSG#", STAGE_STREAM),
    BLIND("a message overwrites another", SIM_ON_PUT, "MSG#", STAGE_STEPS),
    BLIND("a message overwrites another", SIM_ON_PUT, "MSG#", STAGE_MIXED),
    BLIND("a message is changed blindly", SIM_ON_REPLACE, "MSG#", STAGE_ATOMIC),
    BLIND("a message is changed blindly", SIM_ON_REPLACE, "MSG#", STAGE_STREAM),
    BLIND("a group row overwrites another", SIM_ON_PUT, "GRP#", STAGE_ATOMIC),
    BLIND("a group row overwrites another", SIM_ON_PUT, "GRP#", STAGE_STREAM),
    BLIND("a group row overwrites another", SIM_ON_PUT, "GRP#", STAGE_MIXED),
    BLIND("a group row is changed blindly", SIM_ON_REPLACE, "GRP#", STAGE_ATOMIC),
    BLIND("a group row is changed blindly", SIM_ON_REPLACE, "GRP#", STAGE_STREAM),
    BLIND("a group row is removed blindly", SIM_ON_DELETE, "GRP#", STAGE_ATOMIC),
    BLIND("a group row is removed blindly", SIM_ON_DELETE, "GRP#", STAGE_STREAM),
    BLIND("a change row overwrites another", SIM_ON_PUT | SIM_ON_REPLACE, "CHG#", STAGE_ATOMIC),
    BLIND("a change row overwrites another", SIM_ON_PUT | SIM_ON_REPLACE, "CHG#", STAGE_STREAM),
    {"the counter of changes is set blindly",
     {SIM_DEED_BLIND, SIM_ON_REPLACE, "CHG#"},
     FAULT_CUT_NONE,
     STAGE_ATOMIC,
     false,
     "the row of the second change of one number fails by its own condition"},
    BLIND("a message that was not read is taken to be there", SIM_ON_CHECK, "MSG#", STAGE_ATOMIC),
    BLIND("every condition is ignored", SIM_ON_ALL, NULL, STAGE_ATOMIC),
    BLIND("every condition is ignored", SIM_ON_ALL, NULL, STAGE_STEPS),
    DROP("claims are not put", SIM_ON_ALL, "CLAIM#", STAGE_ATOMIC),
    DROP("claims are not put", SIM_ON_ALL, "CLAIM#", STAGE_STREAM),
    DROP("claims are not put", SIM_ON_ALL, "CLAIM#", STAGE_STEPS),
    DROP("cards are not put", SIM_ON_ALL, "CARD#", STAGE_ATOMIC),
    DROP("cards are not changed", SIM_ON_REPLACE, "CARD#", STAGE_ATOMIC),
    DROP("messages are not put", SIM_ON_PUT, "MSG#", STAGE_ATOMIC),
    DROP("messages are not put", SIM_ON_PUT, "MSG#", STAGE_STREAM),
    DROP("messages are not put", SIM_ON_PUT, "MSG#", STAGE_STEPS),
    DROP("messages are not changed", SIM_ON_REPLACE, "MSG#", STAGE_ATOMIC),
    DROP("group rows are not put", SIM_ON_PUT, "GRP#", STAGE_ATOMIC),
    DROP("group rows are not put", SIM_ON_PUT, "GRP#", STAGE_STREAM),
    DROP("group rows are not put", SIM_ON_PUT, "GRP#", STAGE_STEPS),
    DROP("previews stay as they were", SIM_ON_REPLACE, "GRP#", STAGE_ATOMIC),
    DROP("group rows are not removed", SIM_ON_DELETE, "GRP#", STAGE_ATOMIC),
    DROP("group rows are not removed", SIM_ON_DELETE, "GRP#", STAGE_STREAM),
    DROP("group rows are not removed", SIM_ON_DELETE, "GRP#", STAGE_STEPS),
    DROP("change rows are not put", SIM_ON_PUT, "CHG#", STAGE_ATOMIC),
    DROP("the counter of changes stays", SIM_ON_REPLACE, "CHG#", STAGE_ATOMIC),
    OTHER("claims come after their messages", SIM_DEED_LAST, STAGE_STEPS),
    OTHER("transactions are torn", SIM_DEED_TEAR, STAGE_ATOMIC),
    OTHER("transactions are torn", SIM_DEED_TEAR, STAGE_STREAM),
    OTHER("strong reads are stale", SIM_DEED_STALE, STAGE_ATOMIC),
    OTHER("strong reads are stale", SIM_DEED_STALE, STAGE_STREAM),
    {"tokens of transactions are forgotten",
     {SIM_DEED_FORGET, SIM_ON_ALL, NULL},
     FAULT_CUT_NONE,
     STAGE_ATOMIC,
     false,
     "the conditions of the change fail where it was carried out before, and its rows tell whose "
     "they are"},
    CUT("checksums are not compared", FAULT_CUT_CHECKSUM, STAGE_ATOMIC),
    CUT("checksums are not compared", FAULT_CUT_CHECKSUM, STAGE_STREAM),
    CUT("a message does not follow the rows", FAULT_CUT_ORDER, STAGE_ATOMIC),
    CUT("no caller looks back", FAULT_CUT_LOOK_BACK, STAGE_STEPS),
    CUT("no answer means not arrived", FAULT_CUT_ARRIVAL, STAGE_ATOMIC),
    CUT("every caller counts as a member", FAULT_CUT_MEMBERS, STAGE_ATOMIC),
    CUT("every caller counts as a member", FAULT_CUT_MEMBERS, STAGE_STREAM),
    CUT("a block is not looked at", FAULT_CUT_BLOCK, STAGE_ATOMIC),
    CUT("a block is not looked at", FAULT_CUT_BLOCK, STAGE_STREAM),
    CUT("a watch's cursor skips what was not told", FAULT_CUT_PLACE, STAGE_ATOMIC),
    CUT("a watch's cursor skips what was not told", FAULT_CUT_PLACE, STAGE_STREAM),
    {"a guess counts that no condition judges",
     {SIM_DEED_NONE, 0, NULL},
     FAULT_CUT_GUESS,
     STAGE_ATOMIC,
     true,
     NULL},
    {"a guess counts that no condition judges",
     {SIM_DEED_NONE, 0, NULL},
     FAULT_CUT_GUESS,
     STAGE_STREAM,
     true,
     NULL},
    {"a head is required blindly",
     {SIM_DEED_BLIND, SIM_ON_CHECK, "MSG#"},
     FAULT_CUT_NONE,
     STAGE_STREAM,
     false,
     "the stream's record of the change brings the rows its text: "
     "told/a_processor_that_has_read_the_old_"
     "text_starts_again"},
    HIDDEN("what was announced is taken twice", FAULT_CUT_TAKEN, STAGE_ATOMIC,
           "a body that reads something again has it forgotten before"),
    HIDDEN("what was announced is taken twice", FAULT_CUT_TAKEN, STAGE_STREAM,
           "a body that reads something again has it forgotten before"),
    HIDDEN("a head of before the card is believed", FAULT_CUT_BEFORE, STAGE_ATOMIC,
           "a change that goes by it fails by its conditions on the card and the group rows"),
    {"a head of before the card is believed",
     {SIM_DEED_NONE, 0, NULL},
     FAULT_CUT_BEFORE,
     STAGE_STREAM,
     true,
     NULL},
    CUT("a claim that was read is taken for none", FAULT_CUT_CLAIM, STAGE_ATOMIC),
    CUT("a claim that was read is taken for none", FAULT_CUT_CLAIM, STAGE_STREAM),
    CUT("a claim that was read is taken for none", FAULT_CUT_CLAIM, STAGE_STEPS),
    CUT("a change for several is acknowledged unseen", FAULT_CUT_TOGETHER, STAGE_ATOMIC),
    CUT("a submitted append is acknowledged unseen", FAULT_CUT_ALONG, STAGE_ATOMIC),
    CUT("a submitted append is stored out of turn", FAULT_CUT_LINE, STAGE_ATOMIC),
    CUT("a witness is ignored", FAULT_CUT_WITNESS, STAGE_ATOMIC),
    CUT("a witness is ignored", FAULT_CUT_WITNESS, STAGE_STREAM),
    {"a witness is ignored, and tokens are forgotten",
     {SIM_DEED_FORGET, SIM_ON_ALL, NULL},
     FAULT_CUT_WITNESS,
     STAGE_ATOMIC,
     false,
     NULL},
    HIDDEN("a handle believes what it has left", FAULT_CUT_STALE, STAGE_ATOMIC,
           "the conditions of the change judge it, and what is not written is read first"),
    OTHER("eventual reads are believed", SIM_DEED_EVENTUAL, STAGE_ATOMIC),
    OTHER("eventual reads are believed", SIM_DEED_EVENTUAL, STAGE_STREAM),
};
const size_t faults_count = sizeof(faults_all) / sizeof(faults_all[0]);

void faults_plant(const fault *planted)
{
    sim_service_plant_fault(planted == NULL ? NULL : &planted->in_service);
    faults_cut(planted == NULL ? FAULT_CUT_NONE : planted->in_library);
}

static double now_s(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void faults_search(const fault *planted, double seconds_max, fault_found *found)
{
    const play_setting setting = {.mode = planted->mode, .is_shared = planted->is_shared};
    double began_s = now_s();
    *found = (fault_found){.is_found = false};
    faults_plant(planted);
    while (!found->is_found && now_s() - began_s < seconds_max) {
        play_result result = {.worlds = 0};
        play_world(&setting, ++found->seed, &result);
        found->stories++;
        found->is_found = result.breaches > 0;
        memcpy(found->text, result.breach[0].text, sizeof(found->text));
    }
    found->seconds = now_s() - began_s;
    faults_plant(NULL);
}

/*
 * The cutover of one tenant's events, for spin. `make model` checks it and its variants.
 *
 * Two stores, one route, writers with cached routes, two coordinators and a network that may deliver a request long after
 * its sender has given it up. Any process may stall between any two steps; one coordinator may also crash. What a store or
 * the control store does in one atomic step is one step here:
 *
 *   append, offer, raise    Fence.admitsAppend, admitsOffer, admitsRaise (offers are of one event)
 *   route changes           Route.applying; each compare-and-swap raises the route's number
 *   Writer                  TenantRouter.call, with parking, pass-through and the end of an undecided cutover
 *   Coordinator             MigrationCoordinator.follow and tail, CutoverAttempt; start, copy and follow are one change
 *
 * Left out: forced cutovers, purge and repair, restored control stores, reads of stale routes from the control store.
 *
 * Variants, each of which must fail:
 *   NO_FENCE     stores do not ask the fence before an append; only the loss of events is looked for
 *   ONE_EPOCH    leaving a cutover without completing it takes one epoch
 *   REACH=n      the n-th situation is an error: shows that the model gets there at all
 */

#ifndef WRITERS
#define WRITERS 2        /* processes of the application */
#endif
#ifndef APPENDS
#define APPENDS 1        /* events of each of them; WRITERS * APPENDS is at most 4 */
#endif
#ifndef CUTOVERS
#define CUTOVERS 2       /* cutovers that are begun */
#endif
#ifndef MOVES
#define MOVES 1          /* migrations that are started after the first one */
#endif
#ifndef ABORTS
#define ABORTS 1         /* migrations that the operator ends */
#endif
#ifndef LATE
#define LATE 1           /* requests that are given up and may still arrive */
#endif
#ifndef REACH
#define REACH 0
#endif

#define reached(n) assert(REACH != n)

/* What an epoch that is given up costs. */
#ifdef ONE_EPOCH
#define GIVEN_UP 1
#else
#define GIVEN_UP 2
#endif

/* Assertions other than the loss of events; LOSS_ONLY leaves them out. */
#ifdef NO_FENCE
#define LOSS_ONLY
#endif
#ifdef LOSS_ONLY
#define promise(condition) skip
#else
#define promise(condition) assert(condition)
#endif

mtype = { open, follower, closed };              /* Fence.Role */
mtype = { normal, following, cutover };          /* the route's state: no migration, dual_write, cutover */
mtype = { appending, offering, raising };        /* requests */

/* --- the control store ------------------------------------------------------------------------------------------- */

byte route_number = 1;
mtype route_state = following;
bit active_store = 0;

byte cutovers_left = CUTOVERS;
byte moves_left = MOVES;
byte aborts_left = ABORTS;

/* --- the stores -------------------------------------------------------------------------------------------------- */

/* A log is a number with three bits for each event, the first lowest: a prefix of it is its own, exact digest. */
#define prefix(log, count) ((log) & ((1 << (3 * (count))) - 1))
#define event_at(s, place) ((stores[s].log >> (3 * (place))) & 7)
#define holds(s, event) ((stores[s].events >> (event)) & 1)

typedef Store {
    byte fence;          /* Fence.epoch */
    mtype role;          /* Fence.role */
    byte count;
    short log;
    byte events          /* the same events as a set */
};
Store stores[2];

byte acknowledged;                               /* events, as a set */

/* For the promises only. */
byte raised[2];                                  /* the highest fence that was raised */
byte appended_under[2];                          /* the highest epoch under which an append was committed */

#define nothing_is_lost ((acknowledged & stores[active_store].events) == acknowledged)
#define copy_is_prefix \
    (stores[1 - active_store].count <= stores[active_store].count && \
     prefix(stores[active_store].log, stores[1 - active_store].count) == stores[1 - active_store].log)
#define same_until(place) (prefix(stores[0].log, place) == prefix(stores[1].log, place))
#define admits_read(s, under) (under > stores[s].fence || (under == stores[s].fence && stores[s].role == open))
#define may_be_followed(s, under) (stores[s].role != open || stores[s].fence < under)
#define one_store_is_open \
    (stores[0].role != open || stores[1].role != open || stores[0].fence != stores[1].fence)

inline push(into, pushed) {
    assert(!holds(into, pushed));                /* exactly once */
    stores[into].events = stores[into].events | (1 << pushed);
    stores[into].log = stores[into].log | (pushed << (3 * stores[into].count));
    stores[into].count++
}

inline append(s, epoch, event, done) {
    d_step {
        if
#ifdef NO_FENCE
        :: true -> done = true
#endif
        :: epoch > stores[s].fence -> stores[s].fence = epoch; stores[s].role = open; done = true
        :: else -> done = (epoch == stores[s].fence && stores[s].role == open)
        fi;
        if
        :: done && !holds(s, event) ->
            promise(epoch >= raised[s]);         /* the fence holds */
            promise(s == active_store);
            promise(epoch > appended_under[1 - s]);
            appended_under[s] = epoch;
            push(s, event)
        :: else                                  /* refused, or there from an earlier attempt */
        fi;
        promise(one_store_is_open);
        promise(copy_is_prefix)
    }
}

/* To the other store: the event behind a place. The source's log only grows, so it is not read before. */
inline offer(from, epoch, place, done) {
    d_step {
        done = (epoch >= stores[1 - from].fence && stores[1 - from].role == follower);
        if
        :: done ->
            stores[1 - from].fence = epoch;
            if
            :: stores[1 - from].count < place -> done = false
            :: stores[1 - from].count >= place && !same_until(place) -> done = false; promise(false)  /* logDiverged */
            :: stores[1 - from].count == place && same_until(place) -> push(1 - from, event_at(from, place))
            :: stores[1 - from].count > place && same_until(place) -> promise(same_until(place + 1))
            fi
        :: else
        fi;
        promise(copy_is_prefix)
    }
}

inline raise(s, epoch, new_role, done) {
    d_step {
        if
        :: epoch > stores[s].fence ->
            stores[s].fence = epoch; stores[s].role = new_role; raised[s] = epoch; done = true
        :: else -> done = (epoch == stores[s].fence && stores[s].role == new_role)
        fi;
        promise(one_store_is_open)
    }
}

/* --- the network ------------------------------------------------------------------------------------------------- */

/* Requests whose senders have given them up. One that is never delivered is lost; one that is delivered at once has lost
   its reply only. */
chan wire[LATE] = [1] of { mtype, bit, byte, mtype, byte, byte };
byte late_left = LATE;

inline give_up(kind, s, epoch, new_role, event, place) {
    d_step {
        late_left > 0 ->
        late_left--;
        wire[late_left] ! kind, s, epoch, new_role, event, place
    }
}

proctype Network(byte slot) {
    mtype kind, new_role;
    bit to, from;
    byte epoch, event, place;
    bool done;
end:
    atomic {
        wire[slot] ? kind, to, epoch, new_role, event, place;
        from = 1 - to;
        if
        :: kind == appending -> append(to, epoch, event, done)
        :: kind == offering -> offer(from, epoch, place, done)
        :: kind == raising ->
            raise(to, epoch, new_role, done);
            if
            :: done && new_role == open && route_number >= epoch && active_store != to -> reached(1)
            :: else
            fi
        fi;
        kind = 0; new_role = 0; to = 0; from = 0; epoch = 0; event = 0; place = 0; done = false
    }
}

/* --- route changes: each is one compare-and-swap ------------------------------------------------------------------ */

/* .start, .beginCopy and .follow as one */
inline start_move() {
    d_step {
        route_state == normal && moves_left > 0 ->
        moves_left--;
        route_number++;
        route_state = following
    }
}

/* .abandonCutover: by anyone who has seen the budget pass, so at any time. */
inline abandon_cutover(under) {
    d_step {
        route_number == under && route_state == cutover ->
        route_number = route_number + GIVEN_UP;
        route_state = following
    }
}

/* .abort, .fail and .emergencyStop */
inline abort_move() {
    d_step {
        aborts_left > 0 && route_state != normal ->
        aborts_left--;
        route_number = route_number + (route_state == cutover -> GIVEN_UP : 1);
        route_state = normal
    }
}

/* .completeCutover; when another one has decided meanwhile, nothing */
inline complete_cutover(under, target) {
    d_step {
        if
        :: route_number == under && route_state == cutover ->
            route_number++;
            route_state = normal;
            active_store = target;
            assert(nothing_is_lost);
            promise(copy_is_prefix);
            promise(stores[target].role == open && stores[target].fence == route_number);
            if
            :: target == 0 -> reached(3)
            :: else
            fi
        :: else
        fi
    }
}

/* --- the application ---------------------------------------------------------------------------------------------- */

proctype Writer(byte first) {
    byte event = first;
    byte epoch;
    bit store;
    bool done;

read:
    atomic {
        epoch = route_number; store = active_store;
        if
        :: route_state == cutover -> goto park
        :: else -> goto send
        fi
    };

park: /* Until the cutover is decided. When nobody decides it, the call ends it; with the kill switch it passes through. */
    if
    :: route_number != epoch -> goto read
    :: abandon_cutover(epoch) -> goto read
    :: goto send
    fi;

send:
    atomic {
        if
        :: append(store, epoch, event, done)
        :: give_up(appending, store, epoch, open, event, 0) -> goto read
        fi;
        if
        :: done ->
            done = false;
            acknowledged = acknowledged | (1 << event);
            assert(nothing_is_lost);
            goto next
        :: else -> reached(2); goto refused
        fi
    };

refused: /* A newer route has to be read before the next attempt. */
    if
    :: route_number != epoch -> goto read
    :: abandon_cutover(epoch) -> goto read
    fi;

next: /* A read that a store admits under the cached route sees everything that anyone was told is written. */
    atomic {
        if
        :: admits_read(store, epoch) -> promise((acknowledged & stores[store].events) == acknowledged)
        :: else
        fi;
        event++;
        if
        :: event < first + APPENDS -> goto send              /* with the cached route */
        :: else -> epoch = 0; store = 0
        fi
    }
}

/* --- coordinators ------------------------------------------------------------------------------------------------- */

proctype Coordinator(bool may_crash) {
    byte epoch;
    bit source;
    byte place, final;
    bool done;

look: /* What is failed below comes back to here. A coordinator may also rest for ever. */
    atomic {
        place = 0; final = 0; epoch = route_number; source = active_store;
        if
        :: goto over
        :: start_move() -> goto look
        :: abort_move() -> goto look
        :: route_state == following -> goto follow
        :: abandon_cutover(epoch) -> goto look
        :: route_state == cutover -> goto begin
        fi
    };

follow: /* What an attempt that was given up has opened is taken back; what is open under anything else is not. */
    atomic {
        if
        :: goto look
        :: may_be_followed(1 - source, epoch) -> raise(1 - source, epoch, follower, done)
        :: !may_be_followed(1 - source, epoch) ->
            promise(route_number != epoch);                  /* else no one could ever follow this route */
            goto look
        :: give_up(raising, 1 - source, epoch, follower, 0, 0) -> goto look
        fi;
        if
        :: done -> done = false; goto tail
        :: else -> goto look
        fi
    };

tail:
    atomic {
        place = stores[1 - source].count;
        if
        :: goto begin
        :: goto look
        :: place < stores[source].count -> goto copy
        fi
    };

copy:
    atomic {
        if
        :: offer(source, epoch, place, done)
        :: give_up(offering, 1 - source, epoch, follower, 0, place) -> goto look
        fi;
        if
        :: done -> done = false; goto tail
        :: else -> goto look
        fi
    };

begin: /* An attempt of another coordinator is joined: it cannot be told from one's own whose answer was lost. */
    atomic {
        place = 0;
        if
        :: active_store != source || route_state == normal -> goto look
        :: active_store == source && route_state == cutover -> epoch = route_number
        :: active_store == source && route_state == following ->
            if
            :: cutovers_left == 0 -> goto look
            :: else -> cutovers_left--; route_number++; route_state = cutover; epoch = route_number
            fi
        fi
    };

close:
    atomic {
        if
        :: raise(source, epoch, closed, done)
        :: give_up(raising, source, epoch, closed, 0, 0) -> goto close
        :: goto leave
        :: may_crash -> goto over
        fi;
        if
        :: done -> done = false; final = stores[source].count; place = stores[1 - source].count
        :: else -> goto leave
        fi
    };

drain:
    atomic {
        if
        :: place < final -> offer(source, epoch, place, done)
        :: place < final && late_left > 0 -> give_up(offering, 1 - source, epoch, follower, 0, place) -> goto leave
        :: place == final -> goto switch
        :: place > final -> goto leave                       /* another one has switched */
        :: goto leave
        :: may_crash -> goto over
        fi;
        if
        :: done -> done = false; place++; goto drain
        :: else -> goto leave
        fi
    };

switch:
    atomic {
        promise(prefix(stores[1 - source].log, final) == prefix(stores[source].log, final));
        if
        :: raise(1 - source, epoch + 1, open, done)
        :: give_up(raising, 1 - source, epoch + 1, open, 0, 0) -> goto switch
        :: goto leave
        :: may_crash -> goto over
        fi;
        if
        :: done -> done = false; place = 0; final = 0
        :: else -> goto leave
        fi
    };

    atomic {
        if
        :: complete_cutover(epoch, 1 - source)
        :: goto leave
        :: may_crash -> goto over
        fi;
        goto look
    };

leave:
    atomic {
        place = 0; final = 0;
        if
        :: abandon_cutover(epoch)
        :: !(route_number == epoch && route_state == cutover)
        fi;
        goto look
    };

over:
    atomic { epoch = 0; source = 0; place = 0; final = 0 }
}

/* --- the start, and the end --------------------------------------------------------------------------------------- */

init {
    byte n;
    atomic {
        stores[0].fence = 1; stores[0].role = open;
        stores[1].fence = 1; stores[1].role = follower;
        n = 0;
        do
        :: n < WRITERS -> run Writer(1 + n * APPENDS); n++
        :: else -> break
        od;
        n = 0;
        do
        :: n < LATE -> run Network(n); n++
        :: else -> break
        od;
        run Coordinator(true);
        run Coordinator(false);
        n = 0
    }
}

/* The arena that threads share (shared_arena.hpp and lease.hpp in src-cpp/include/arena_bind), for spin.
   Each load, each compare-exchange and each fetch-and-add is one step, and the steps come in every order. Owners are
   the property: who was handed a unit of the arena has it alone until the end of his frame, or for ever.

   tools/models.mjs reads the lines that follow. In a proof spin must find no error; where one of the names below it is
   defined as well, something is broken, and spin must find the error behind the arrow.

   proof: a frame's end, over the epoch's wrap-around
          FRAMES=2 OTHERS=4 BLOCKS=1 CAPACITY=2
     ENDS_OVER_OTHERS -> (within& ~(who))==0
     EPOCH_ALONE -> owner[
     WRAPS_AFTER -> owner[
     WRAPS_ONCE -> owner[
     WRAPS_BEFORE_ENTER -> owner[
     RESET_FROM_OUTSIDE -> owner[
   proof: blocks that stay for ever, against each other and against those of frames
          FRAMES=1 OTHERS=1 BLOCKS=1 CAPACITY=3 KEEPERS=2
     NO_CONFIRM -> owner[
     NO_CONFIRM_BELOW -> owner[
   proof: a claim that is given back
          FRAMES=1 OTHERS=2 BLOCKS=2 CAPACITY=4 KEEPERS=1
     GIVE_BACK_BLINDLY -> owner[
   proof: a worker without a bit, whose work lasts longer than the frame
          FRAMES=2 OTHERS=1 BLOCKS=2 CAPACITY=5 WORKS=2 EXTENT=2
     HELD_LEAVES -> !(working)
     HELD_CHAIN -> owner[
     WORKER_KEEPS_CHAIN -> owner[
   proof: all of it at once, for a shorter time
          FRAMES=1 OTHERS=2 BLOCKS=1 CAPACITY=3 KEEPERS=1 WORKS=1
 */

#ifndef FRAMES
#define FRAMES 1 /* of the first thread */
#endif
#ifndef OTHERS
#define OTHERS 1 /* of the second one */
#endif
#ifndef BLOCKS
#define BLOCKS 1 /* of a thread in a frame, at most */
#endif
#ifndef CAPACITY
#define CAPACITY 3 /* units; a block has one */
#endif
#ifndef EXTENT
#define EXTENT 1 /* units */
#endif
#ifndef KEEPERS
#define KEEPERS 0 /* who take a block for ever */
#endif
#ifndef WORKS
#define WORKS 0 /* that the first thread has done by a worker */
#endif
#define EPOCHS 2 /* 2^24 in the word */
#define NONE 255

#define NOBODY 0
#define HELD 3 /* until the work is done; 1 and 2 are the threads */
#define WORKER 4
#define FOR_EVER 5

byte epoch, inside, offset; /* the word */
byte floor = CAPACITY;
byte wraps;

byte owner[CAPACITY];
byte within;  /* whose frames last */
bool working; /* whether the worker is at work for the first thread */
byte works = WORKS;

#define SAME_WORD epoch == e && inside == i && offset == o
#define LAST_EPOCH e == EPOCHS - 1

inline load_word() {
  d_step { e = epoch; i = inside; o = offset }
}

inline forget_word() {
  d_step { e = 0; i = 0; o = 0 }
}

inline raise_wraps(condition) {
  if
  :: condition -> wraps++
  :: else
  fi
}

inline own(unit, who) {
  d_step {
    assert(owner[unit] == NOBODY);
    owner[unit] = who
  }
}

inline disown(who) {
  d_step {
    for (k : 0 .. CAPACITY - 1) {
      if
      :: owner[k] == who || (owner[k] == HELD && who == 1) -> owner[k] = NOBODY
      :: else
      fi
    }
    k = 0
  }
}

inline enter(who) {
  load_word();
  do
  :: atomic { SAME_WORD -> inside = i | who; within = within | who; break }
  :: atomic { !(SAME_WORD) -> load_word() }
  od;
  forget_word()
}

#ifdef ENDS_OVER_OTHERS
#define OTHERS_INSIDE false
#else
#define OTHERS_INSIDE ((i & ~who) != 0)
#endif
#ifdef RESET_FROM_OUTSIDE
#define NOBODY_INSIDE false
#else
#define NOBODY_INSIDE (i == 0)
#endif

/* Leaves, and takes the arena to its next frame when nobody else is inside. A reset, which needs no frame of the
   thread's own, is refused where others are; the thread then leaves, if it was inside. */
inline end_frame(who) {
  load_word();
#ifdef WRAPS_ONCE
  raise_wraps(i == who && LAST_EPOCH);
#endif
  do
  :: OTHERS_INSIDE && resets && entered -> resets = false
  :: OTHERS_INSIDE && resets && !entered -> break
  :: atomic { OTHERS_INSIDE && !resets && SAME_WORD -> inside = i & ~who; within = within & ~who; break }
  :: atomic { OTHERS_INSIDE && !resets && !(SAME_WORD) -> load_word() }
  :: !OTHERS_INSIDE && NOBODY_INSIDE -> break
  :: !OTHERS_INSIDE && !NOBODY_INSIDE ->
#if !defined(WRAPS_ONCE) && !defined(WRAPS_AFTER)
    raise_wraps(LAST_EPOCH);
#endif
    if
    :: atomic {
        SAME_WORD ->
        assert((within & ~who) == 0);
        assert(!working);
        within = 0;
        epoch = (e + 1) % EPOCHS;
        inside = 0;
        offset = 0
      }
#ifdef WRAPS_AFTER
      raise_wraps(LAST_EPOCH);
#endif
      break
    :: atomic { !(SAME_WORD) -> load_word() }
    fi
  od;
  forget_word();
  resets = false;
  entered = false
}

/* `at` becomes the first of `units` units for a thread that is inside, or NONE. */
inline claim(units) {
  load_word();
  do
  :: true ->
    top = floor;
    if
    :: o + units > top -> at = NONE; break
    :: else
    fi;
    top = 0;
    if
    :: atomic { SAME_WORD -> offset = o + units };
      at = o;
#ifndef NO_CONFIRM
      if
      :: o + units > floor ->
        at = NONE;
#ifdef GIVE_BACK_BLINDLY
        offset = offset - units
#else
        if
        :: atomic { epoch == e && inside == i && offset == o + units -> offset = o }
        :: else
        fi
#endif
      :: else
      fi;
#endif
      break
    :: atomic { !(SAME_WORD) -> load_word() }
    fi
  od;
  top = 0;
  forget_word()
}

/* What a thread allocates from: a chain of extents, the one in use (none between frames), and how far it is used. */
#define LEASE \
  bool entered; \
  byte count, extent = NONE, used, stamp_wraps, stamp_epoch; \
  byte chain[CAPACITY / EXTENT]; \
  byte e, i, o, top, at, k

inline forget_chain() {
  d_step {
    for (k : 0 .. CAPACITY / EXTENT - 1) {
      chain[k] = 0
    }
    k = 0;
    count = 0;
    extent = NONE;
    used = 0
  }
}

/* Forgets a chain of another frame. The frame can't end: the thread, or the one that it works for, is inside. */
inline look_at_stamp() {
#ifndef WRAPS_BEFORE_ENTER
  top = wraps;
#endif
  atomic {
    if
#ifdef EPOCH_ALONE
    :: stamp_epoch == epoch
#else
    :: stamp_wraps == top && stamp_epoch == epoch
#endif
    :: else -> forget_chain()
    fi;
    stamp_wraps = top;
    stamp_epoch = epoch;
    top = 0
  }
}

/* A block of one unit, if there is room. */
inline allocate(who) {
  if
  :: extent != NONE && used < EXTENT
  :: else ->
    at = (extent == NONE -> 0 : extent + 1);
    if
    :: at < count -> extent = at; used = 0
    :: else ->
      claim(EXTENT);
      if
      :: at != NONE -> chain[count] = at; extent = count; count++; used = 0
      :: else
      fi
    fi
  fi;
  if
  :: at != NONE -> own(chain[extent] + used, who); used++
  :: else
  fi;
  at = 0
}

proctype thread(byte who; byte frames) {
  LEASE;
  byte blocks;
  bool resets;
  do
  :: frames > 0 && blocks < BLOCKS ->
    blocks++;
    if
    :: !entered ->
#ifdef WRAPS_BEFORE_ENTER
      top = wraps;
#endif
      enter(who);
      entered = true;
      look_at_stamp()
    :: else
    fi;
    allocate(who)
  :: who == 1 && frames > 0 && entered && works > 0 && !working -> atomic { works--; working = true }
#ifndef HELD_LEAVES
  :: who == 1 && frames > 0 && working ->
    /* The thread's frame ends, but the work may use all blocks that there are: they and the bit stay as they are. */
    frames--;
    blocks = 0;
    d_step {
      for (k : 0 .. CAPACITY - 1) {
        if
        :: owner[k] == who -> owner[k] = HELD
        :: else
        fi
      }
      k = 0
    }
#ifdef HELD_CHAIN
    d_step { extent = NONE; used = 0 }
#else
    forget_chain()
#endif
  :: (who != 1 || !working) && (frames > 0 || entered) ->
#else
  :: frames > 0 || entered ->
#endif
    if
    :: frames > 0 -> frames--
    :: else
    fi;
    blocks = 0;
    d_step { extent = NONE; used = 0 }
    disown(who);
    if
    :: entered
    :: frames > 0 || !entered -> resets = true
    fi;
    end_frame(who)
  :: frames == 0 && !entered -> break
  od;
  if
  :: who == 1 -> works = 0
  :: else
  fi
}

/* What it takes for its work it gives up with it, and begins its chain anew. */
proctype worker() {
  LEASE;
  do
  :: working ->
#ifndef WORKER_KEEPS_CHAIN
    look_at_stamp();
#endif
    allocate(WORKER);
    disown(WORKER);
    d_step { extent = NONE; used = 0 }
    working = false
  :: works == 0 && !working -> break
  od
}

/* Takes a block for ever. */
proctype keeper(byte units) {
  byte bottom = floor, start, k;
  do
  :: true ->
    if
    :: offset + units > bottom -> break
    :: else
    fi;
    start = bottom - units;
    if
    :: atomic { floor == bottom -> floor = start };
      if
#ifndef NO_CONFIRM_BELOW
      :: offset > start ->
        if
        :: atomic { floor == start -> floor = bottom }
        :: else
        fi
#endif
      :: else ->
        d_step {
          for (k : start .. start + units - 1) {
            assert(owner[k] == NOBODY);
            owner[k] = FOR_EVER
          }
        }
      fi;
      break
    :: atomic { floor != bottom -> bottom = floor }
    fi
  od
}

init {
  byte k;
  atomic {
    run thread(1, FRAMES);
    run thread(2, OTHERS);
    do
    :: k < KEEPERS -> k++; run keeper(3 - k) /* of two units, of one */
    :: else -> break
    od;
    if
    :: WORKS > 0 -> run worker()
    :: else
    fi
  }
  _nr_pr == 1;
  /* Nothing is lost: all but what stays for ever can be had again. */
  assert(inside == 0 && offset == 0);
  for (k : 0 .. CAPACITY - 1) {
    assert(owner[k] == (k < floor -> NOBODY : FOR_EVER) || k >= floor)
  }
}

/* Jobs and tasks (jobs.hpp in src-cpp/include/arena_bind), with the host that hands out tasks and heals what a dead
   worker has left, for spin. Each load, compare-exchange, fetch-and-add and notify is one step; the steps come in every
   order, and a worker may end between any two of them. The bits of the workers 1 and 2 are 1 and 2.

   tools/models.mjs reads the lines that follow: see arena.pml.

   proof: jobs one after another in one slot, and who comes late to it
          JOBS=2 WORKERS=2
     MEMBER_AFTER_CLAIM -> running[
     COUNT_APART -> index<
   proof: a worker that ends, then the next one in its place
          JOBS=2 WORKERS=1 DEATHS=2
     FAILED_FIRST -> ended[
     FAILING_FIRST -> ended[
     NOTIFIES_OWN -> invalid end state
     REVIVED_FIRST -> running[
   proof: jobs within jobs, and no slot for them
          JOBS=1 WORKERS=2 NESTED=1
     SLOT_AWAITED -> invalid end state
   proof: a worker ends that runs a job within a job
          JOBS=1 WORKERS=2 NESTED=1 SLOTS=2 DEATHS=1
   proof: a worker ends that has submitted a job within a job
          JOBS=1 WORKERS=2 NESTED=2 SLOTS=2 DEATHS=1
     HEALED_AT_ONCE -> running[
   proof: tasks, and a worker that ends
          TASKS=2 WORKERS=2 DEATHS=1
     SEEN_AFTER_SCAN -> invalid end state
     TASK_STORED -> tasks_begun
     MESSAGE_WITHOUT_SERIAL -> tasks_begun
   proof: jobs and tasks
          JOBS=1 TASKS=2 PLACES=2 WORKERS=1
 */

#ifndef JOBS
#define JOBS 0 /* that a thread submits one after another */
#endif
#ifndef NESTED
#define NESTED 0 /* 1 or 2: the first job has one chunk, which submits a job if that worker runs it */
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef TASKS
#define TASKS 0 /* that the host submits */
#endif
#ifndef PLACES
#define PLACES 1 /* for tasks */
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef DEATHS
#define DEATHS 0
#endif

#define CHUNKS(job) (job == 0 && !NESTED -> 2 : 1)
#define INNER JOBS /* the job that is submitted by a chunk of the first one */
#define SUBMITTER 3 /* the thread that isn't a worker */
#define ALL_USED ((1 << SLOTS) - 1)
#define NONE 255

/* The words of a slot. */
byte count[SLOTS], next[SLOTS]; /* the claim word */
byte members[SLOTS];
bool failing[SLOTS], failed[SLOTS];
byte submitter[SLOTS], context[SLOTS];
byte used;
bool sleeping[SLOTS]; /* its submitter, on `members` */

/* Idle workers: who has not seen the signal's last value, and who sleeps on it. */
byte news, asleep;
bool closed;

/* Tasks: who runs it, or one of these. */
#define FREE 0
#define QUEUED 3
byte state[PLACES], serial[PLACES];
chan message = [3] of { byte, byte };

/* What ought to be. */
bool open[JOBS + 1]; /* who submitted the job hasn't gone on */
byte begun[JOBS + 1], ended[JOBS + 1], running[JOBS + 1];
byte tasks_begun;
byte settled;   /* tasks */
bool submitted; /* all jobs */

byte dying, dead, revived; /* bits of workers */
byte deaths;

#define HAS_CHUNKS(s) (next[s] < count[s])

inline begin_chunk(job, index) {
  d_step {
    assert(index < CHUNKS(job));
    assert(open[job]);
    assert(!(begun[job] & (1 << index)));
    begun[job] = begun[job] | (1 << index);
    running[job]++;
    if
    :: job == INNER -> running[0]++
    :: else
    fi
  }
}

inline end_chunk(job, index, good) {
  d_step {
    running[job]--;
    if
    :: job == INNER -> running[0]--
    :: else
    fi;
    if
    :: good -> ended[job] = ended[job] | (1 << index)
    :: else
    fi
  }
}

/* By who submitted the job: he can't go on meanwhile. */
inline run_chunk(job, index) {
  atomic { begin_chunk(job, index); end_chunk(job, index, true) }
}

/* Who submitted the job goes on. */
inline close_job(job, good) {
  d_step {
    assert(running[job] == 0);
    assert(!good || ended[job] == (1 << CHUNKS(job)) - 1);
    assert(good || deaths > 0);
    open[job] = false
  }
}

inline notify_one() {
  atomic {
    if
    :: asleep & 1 -> asleep = asleep & ~1
    :: asleep & 2 -> asleep = asleep & ~2
    :: !asleep
    fi
  }
}

inline submit(s, job, me) {
  submitter[s] = me;
#ifdef FAILING_FIRST
  failing[s] = false;
  failed[s] = false;
#else
  failed[s] = false;
  failing[s] = false;
#endif
  context[s] = job;
  d_step { count[s] = CHUNKS(job); next[s] = 0 }
  news = 3;
  asleep = 0
}

inline claim(s) {
#ifdef COUNT_APART
  c = count[s];
  d_step { i = next[s]; next[s]++ }
#else
  d_step { c = count[s]; i = next[s]; next[s]++ }
#endif
}

/* Runs chunks of a job of one's own. */
inline take_chunks(s, job) {
  do
  :: HAS_CHUNKS(s) ->
    claim(s);
    if
    :: atomic { i < c -> run_chunk(job, i); c = 0; i = 0 }
    :: atomic { i >= c -> c = 0; i = 0 }
    fi
  :: !HAS_CHUNKS(s) -> break
  od
}

inline run_at_once(job) {
  do
  :: atomic { i < CHUNKS(job) -> run_chunk(job, i); i++ }
  :: atomic { i >= CHUNKS(job) -> i = 0; break }
  od
}

inline wait_for_members(s) {
  do
  :: atomic { members[s] != 0 -> others = members[s] }
    d_step {
      if
      :: members[s] == others -> sleeping[s] = true
      :: else
      fi;
      others = 0
    }
    !sleeping[s]
  :: members[s] == 0 -> break
  od
}

inline release(s) {
  submitter[s] = 0;
  used = used & ~(1 << s)
}

inline leave(s, who) {
  if
  :: atomic { (members[s] & ~who) != 0 -> members[s] = members[s] & ~who }
  :: atomic { (members[s] & ~who) == 0 -> members[s] = 0 }
    sleeping[s] = false
  fi
}

inline exhaust(s) {
  d_step {
    if
    :: HAS_CHUNKS(s) -> next[s] = count[s]
    :: else
    fi
  }
}

/* Who is the first to do it tells why. */
inline fail(s) {
#ifndef FAILED_FIRST
  exhaust(s);
#endif
  if
  :: failing[s]
  :: atomic { !failing[s] -> failing[s] = true }
    failed[s] = true
  fi
#ifdef FAILED_FIRST
  ; exhaust(s)
#endif
}

proctype thread() {
  byte job, c, i, others;
  bool bad;
  do
  :: job < JOBS ->
    atomic { !(used & 1); used = used | 1; open[job] = true }
    submit(0, job, SUBMITTER);
    take_chunks(0, job);
    wait_for_members(0);
    atomic { bad = failed[0]; close_job(job, !bad) }
    release(0);
    atomic { bad = false; job++ }
  :: else -> break
  od;
  submitted = true
}

/* A worker's chunk of the first job submits one, in the last slot, or runs it at once. */
inline run_inner() {
  open[INNER] = true;
  if
#ifndef SLOT_AWAITED
  :: used == ALL_USED -> run_at_once(INNER)
#endif
  :: atomic { used != ALL_USED -> used = ALL_USED }
    submit(SLOTS - 1, INNER, me);
    take_chunks(SLOTS - 1, INNER);
    wait_for_members(SLOTS - 1);
    bad = failed[SLOTS - 1];
    release(SLOTS - 1)
  fi;
  close_job(INNER, !bad)
}

/* Runs chunks of the job in slot `s`, as long as it has any. */
inline help() {
#ifndef MEMBER_AFTER_CLAIM
  members[s] = members[s] | me;
#endif
  do
#ifdef COUNT_APART
  :: true ->
#else
  :: HAS_CHUNKS(s) ->
#endif
    claim(s);
#ifdef MEMBER_AFTER_CLAIM
    members[s] = members[s] | me;
#endif
    if
    :: atomic { i < c -> helped = true; job = context[s]; index = i; c = 0; i = 0; begin_chunk(job, index) }
      if
      :: job == 0 && me == NESTED -> run_inner()
      :: else
      fi;
      atomic {
        end_chunk(job, index, !bad);
        job = NONE;
        index = 0;
        if
        :: bad -> bad = false
        :: else -> goto next_chunk
        fi
      }
      fail(s)
    :: atomic { i >= c -> c = 0; i = 0; break }
    fi;
next_chunk:
    skip
  :: !HAS_CHUNKS(s) -> break
  od;
  leave(s, me)
}

/* Runs the task at `t`, unless another takes it first. */
inline take_task() {
#ifdef TASK_STORED
  state[t] = me;
#else
  if
  :: state[t] != QUEUED
  :: atomic { state[t] == QUEUED -> state[t] = me }
#endif
    d_step {
      helped = true;
      i = serial[t];
      assert(!(tasks_begun & (1 << i)));
      tasks_begun = tasks_begun | (1 << i)
    }
    atomic { message!t, i; i = 0 }
#ifndef TASK_STORED
  fi
#endif
}

/* The next one of `many`; leaves the loop behind the last. */
inline go_on(at, many) {
  at++;
  if
  :: at == many -> at = 0; break
  :: else
  fi
}

proctype worker(byte me) {
  byte s, t, c, i, others, index, job = NONE;
  bool bad, helped;
alive:
  {
    do
    :: true ->
#ifndef SEEN_AFTER_SCAN
      news = news & ~me;
#endif
      if
      :: closed -> break
      :: else
      fi;
      do
      :: atomic { !HAS_CHUNKS(s) -> go_on(s, SLOTS) }
      :: HAS_CHUNKS(s) ->
        help();
        atomic { go_on(s, SLOTS) }
      od;
      do
      :: atomic { helped || state[t] != QUEUED -> go_on(t, PLACES) }
      :: !helped && state[t] == QUEUED ->
        take_task();
        atomic { go_on(t, PLACES) }
      od;
#ifdef SEEN_AFTER_SCAN
      news = news & ~me;
#endif
      if
      :: atomic { helped -> helped = false }
      :: !helped && (news & me)
      :: atomic { !helped && !(news & me) -> asleep = asleep | me }
        !(asleep & me)
      fi
    od
  } unless {
    atomic {
      dying & me ->
      dying = dying & ~me;
      asleep = asleep & ~me;
      if
      :: job != NONE -> end_chunk(job, index, false)
      :: else
      fi;
      s = 0; t = 0; c = 0; i = 0; others = 0; index = 0; job = NONE; bad = false; helped = false;
      dead = dead | me;
      deaths++
    }
end_dead:
    atomic { revived & me -> revived = revived & ~me; goto alive }
  }
}

/* Whether nobody else is in a job that `w` has submitted; none has slot 0. */
#define ALONE(w) (submitter[SLOTS - 1] != w || (members[SLOTS - 1] & ~w) == 0)

/* What a worker leaves: jobs of its own, whose data lies on its stack, its bits, and tasks. Not before all that is done
   does another one get its bit and its stack. */
inline heal(w) {
#ifdef REVIVED_FIRST
  atomic { dead = dead & ~w; revived = revived | w }
#endif
  alone = true;
  for (s : 0 .. SLOTS - 1) {
    if
    :: submitter[s] == w ->
      d_step { count[s] = 0; next[s] = 0 }
      if
#ifndef HEALED_AT_ONCE
      :: (members[s] & ~w) != 0 -> alone = false
#endif
      :: else -> release(s)
      fi
    :: else
    fi
  }
  if
  :: alone ->
    for (s : 0 .. SLOTS - 1) {
      if
      :: members[s] & w -> fail(s); leave(s, w)
#ifdef NOTIFIES_OWN
      :: else
#else
      :: else -> sleeping[s] = false /* the worker may have ended before it did that */
#endif
      fi
    }
    news = 3;
    asleep = 0;
    for (t : 0 .. PLACES - 1) {
      if
      :: state[t] == w -> settled++; state[t] = FREE
      :: else
      fi
    }
    t = 0;
#ifndef REVIVED_FIRST
    atomic { dead = dead & ~w; revived = revived | w }
#endif
  :: else -> ALONE(w) /* until it is worth another try */
  fi;
  s = 0
}

inline hand_out() {
  serial[t] = made;
  made++;
  state[t] = QUEUED;
  news = 3;
  notify_one();
  if
  :: true
  :: atomic { state[t] == QUEUED -> state[t] = FREE; settled++ } /* called off */
  fi;
  t = 0
}

/* The program's first thread, which gets messages and learns of deaths in any order. */
proctype host() {
  byte made, t, s, i;
  bool alone;
  do
  :: made < TASKS && (state[0] == FREE || state[PLACES - 1] == FREE) ->
    if
    :: state[0] == FREE
    :: PLACES > 1 && state[PLACES - 1] == FREE -> t = PLACES - 1
    fi;
    hand_out()
  :: message?t, i ->
    if
#ifdef MESSAGE_WITHOUT_SERIAL
    :: state[t] != FREE ->
#else
    :: state[t] != FREE && serial[t] == i ->
#endif
      assert(tasks_begun & (1 << serial[t]));
      settled++;
      state[t] = FREE
    :: else
    fi;
    d_step { t = 0; i = 0 }
  :: dead == 2 -> heal(2)
  :: submitted && settled == TASKS && !dead -> break
  od;
  assert(used == 0 || deaths > 0);
  closed = true;
  news = 3;
  asleep = 0
}

/* The workers are alike: it is worker 2 that ends, where there is a job within a job while it has to do with that. */
proctype death() {
end:
  !NESTED || submitter[SLOTS - 1] == 2 || (members[SLOTS - 1] & 2);
  dying = 2
}

init {
  byte n;
  atomic {
    run thread();
    run host();
    run worker(2);
    if
    :: WORKERS > 1 -> run worker(1)
    :: else
    fi;
    do
    :: n < DEATHS -> n++; run death()
    :: else -> break
    od
  }
}

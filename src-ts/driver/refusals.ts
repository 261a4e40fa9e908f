// What cannot work in a kernel, and what to use instead: by the symbols that objects refer to, and by what compilers say.

interface Refusal {
  /** Symbols of C, or of C++ as mangled without `_ZNSt3__1` and its number. */
  symbols: RegExp;
  reason: string;
}

const THREADS =
  'there are no threads of the C++ library in a kernel: split the work with arena::parallel_for, or run kernels beside each other with registry.run in JavaScript; std::atomic works where they share memory';
const FILES = 'there are no files in a kernel: hand the bytes over, as a std::span<const std::uint8_t>';
const OUTPUT =
  'there is no standard input or output in a kernel: return results, and report errors with arena::fail("text", number)';
const EXIT = 'a kernel cannot end the program: stop the kernel alone with arena::fail("text")';
const TIME = 'there is no clock in a kernel: hand the time over as a parameter';
const RANDOM = 'there is no source of entropy in a kernel: hand a seed over as a parameter, for std::mt19937 say';
const SOCKETS = 'there are no sockets in a kernel: receive in JavaScript and hand the bytes over';
const SYSTEM = 'there is no operating system under a kernel: do this in JavaScript';
const EXCEPTIONS = 'exceptions are off in kernels: use arena::fail("text"), or return a status';
const JUMPS = 'there is no setjmp in a kernel: return early, or use arena::fail("text")';
const JAVASCRIPT = 'a kernel cannot call JavaScript: return results, and let the caller do the rest';
const LOCALES = 'there are no locales in a kernel: use std::to_chars and std::from_chars, which know none';

const C: Refusal[] = [
  {
    symbols:
      /^(pthread_(create|join|detach|exit|cancel|mutex\w*|cond\w*|rwlock\w*|spin\w*|barrier\w*)|(thrd|mtx|cnd)_\w+|sem_\w+)$/,
    reason: THREADS,
  },
  {
    symbols:
      /^(f?open(at|64)?|freopen|fdopen|creat|close|fclose|fread|fseeko?|ftello?|rewind|lseek|pread|pwrite|unlink(at)?|remove|rename(at)?|mkdir(at)?|rmdir|opendir|readdir|closedir|scandir|l?stat(at)?|fstat(at)?|access|chdir|getcwd|realpath|tmpfile|tmpnam|mkstemp|truncate|ftruncate|ftw|nftw|glob|mmap|munmap|feof|ferror|ungetc|fgetpos|fsetpos|fileno)$/,
    reason: FILES,
  },
  {
    symbols:
      /^(__small_|__)?([vdf]*i?printf|puts|putchar|putc|fputc|fputs|fwrite|write|writev|read|readv|perror|fflush|setv?buf|[vf]*scanf|getchar|getc|fgetc|gets|fgets|getline|getdelim|std(in|out|err))(_unlocked)?$/,
    reason: OUTPUT,
  },
  { symbols: /^(_?exit|_Exit|quick_exit|at_quick_exit|atexit|__wasi_proc_exit)$/, reason: EXIT },
  {
    symbols:
      /^(time|clock|clock_\w+|gettimeofday|ftime|localtime(_r)?|mktime|tzset|times|timespec_get|nanosleep|usleep|sleep|emscripten_get_now)$/,
    reason: TIME,
  },
  { symbols: /^(getentropy|getrandom|arc4random\w*)$/, reason: RANDOM },
  {
    symbols:
      /^(socket(pair)?|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|shutdown|[gs]etsockopt|getsockname|getpeername|getaddrinfo|freeaddrinfo|gethostby\w+|select|p?poll|epoll_\w+)$/,
    reason: SOCKETS,
  },
  {
    symbols:
      /^(system|v?fork|exec\w+|popen|pclose|wait(pid)?|kill|raise|signal|sigaction|sigprocmask|alarm|dlopen|dlsym|dlclose|getpid|getuid|gethostname|sysconf|uname|putenv|setenv|unsetenv|sbrk|brk)$/,
    reason: SYSTEM,
  },
  {
    symbols: /^(__cxa_(throw|rethrow|begin_catch|end_catch|allocate_exception|free_exception)|_Unwind_\w+)$/,
    reason: EXCEPTIONS,
  },
  {
    symbols: /^(_?(sig)?setjmp|_?(sig)?longjmp|saveSetjmp|testSetjmp|__wasm_(set|long)jmp\w*|emscripten_longjmp)$/,
    reason: JUMPS,
  },
  { symbols: /^(emscripten_(?!builtin|stack|notify)\w+|_emval_\w+|_embind_\w+)$/, reason: JAVASCRIPT },
  { symbols: /^(setlocale|strf(time|mon)(_l)?|newlocale|nl_langinfo\w*|iconv\w*|catopen|catgets)$/, reason: LOCALES },
  // What WASI libraries import from their host.
  { symbols: /^(fd|path)_\w+$/, reason: `${FILES}; ${OUTPUT}` },
  { symbols: /^clock_(time|res)_get$/, reason: TIME },
  { symbols: /^random_get$/, reason: RANDOM },
  { symbols: /^proc_exit$/, reason: EXIT },
  { symbols: /^sock_\w+$/, reason: SOCKETS },
  { symbols: /^(environ|args)_(get|sizes_get)$|^sched_yield$/, reason: SYSTEM },
];

const CXX: Refusal[] = [
  {
    symbols:
      /^(5mutex|6thread|7jthread|15recursive_mutex|11timed_mutex|21recursive_timed_mutex|12shared_mutex|18shared_timed_mutex|19__shared_mutex_base|18condition_variable|22condition_variable_any|11__call_once|25notify_all_at_thread_exit|6future|7promise|17__assoc_sub_state|11this_thread|16__thread_\w+|20__get_sp_mut)/,
    reason: THREADS,
  },
  { symbols: /^(\d+basic_(filebuf|[io]?fstream)|4__fs10filesystem)/, reason: FILES },
  { symbols: /^(4cout|4cerr|4clog|3cin|5wcout|5wcerr|5wclog|4wcin)E$/, reason: OUTPUT },
  { symbols: /^6chrono\d+\w+_clock3nowEv/, reason: TIME },
  { symbols: /^13random_device/, reason: RANDOM },
];

// A mangled name of the C++ library: its inline namespace has a number of each platform.
const STANDARD = /^_ZN[VK]*St3__\d(?=\d)/;

/** Why kernels can't have the symbol; undefined when nothing is known against it. */
export function refusalOf(symbol: string): string | undefined {
  const head = STANDARD.exec(symbol)?.[0];
  const [list, name] = head ? [CXX, symbol.slice(head.length)] : [C, symbol];
  return list.find(({ symbols }) => symbols.test(name))?.reason;
}

/** What a programmer calls the symbol: `std::mutex` for what std::mutex::lock is to a linker. */
export function spokenName(symbol: string): string {
  const head = STANDARD.exec(symbol)?.[0];
  if (!head)
    return symbol
      .replace(/^__small_|^__wasm_|^_(?=setjmp|longjmp)/, '')
      .replace(/^emscripten_longjmp$/, 'longjmp')
      .replace(/^(saveSetjmp|testSetjmp|invoke_\w+)$/, 'setjmp')
      .replace(/^iprintf$/, 'printf')
      .replace(/^fiprintf$/, 'fprintf');
  const names: string[] = [];
  for (let rest = symbol.slice(head.length); ; ) {
    const [digits] = /^\d+/.exec(rest) ?? [];
    if (!digits) break;
    const size = Number(digits);
    names.push(rest.slice(digits.length, digits.length + size));
    rest = rest.slice(digits.length + size);
  }
  const [first = symbol, second] = names;
  if (first === '__fs') return 'std::filesystem';
  if (first === '__assoc_sub_state' || first === 'promise') return 'std::future';
  if (first === '__get_sp_mut') return 'std::atomic on std::shared_ptr';
  if (first === '__shared_mutex_base') return 'std::shared_mutex';
  if (first === '__call_once') return 'std::call_once';
  if (first.startsWith('__thread_')) return 'std::thread';
  if (/^basic_.*(buf|stream)$/.test(first)) return `std::${first.slice('basic_'.length).replace('filebuf', 'fstream')}`;
  if ((first === 'chrono' || first === 'this_thread') && second) return `std::${first}::${second}`;
  return `std::${first}`;
}

// What the compiler says when its C++ library leaves something out, or when the flags of kernels do.
const SAID: [RegExp, string][] = [
  [/cannot use '(throw|try)' with exceptions disabled/, EXCEPTIONS],
  [
    /no (?:type|member|template) named '(thread|jthread|\w*mutex|async|future|promise|packaged_task|condition_variable\w*|call_once|once_flag|counting_semaphore|latch|barrier|lock_guard|scoped_lock|unique_lock|shared_lock|this_thread)' in (?:namespace )?'std/,
    THREADS,
  ],
  [/(?:mutex|thread|future|condition_variable|shared_mutex|semaphore|latch|barrier)> is not supported/, THREADS],
  [/undeclared identifier 'pthread_|unknown type name 'pthread_|'(?:pthread|threads)\.h' file not found/, THREADS],
  [
    /no (?:type|member|template) named '(filesystem|\w*[io]?fstream|filebuf)' in (?:namespace )?'std|implicit instantiation of undefined template 'std::.*basic_[io]?fstream/,
    FILES,
  ],
  [/no (?:type|member|template) named '(w?cout|w?cerr|w?clog|w?cin|print|println)' in (?:namespace )?'std/, OUTPUT],
  [/no (?:type|member) named 'random_device' in (?:namespace )?'std/, RANDOM],
  [/no member named '\w+_clock' in namespace 'std::/, TIME],
  [/Setjmp\/longjmp support requires Exception handling|setjmp\.h' file not found/, JUMPS],
  [/(?:wasm|WASI) (?:lacks signal support|lacks a true mmap|lacks process clocks|lacks process-associated)/i, SYSTEM],
  [
    /sys\/socket\.h|netdb\.h' file not found|undeclared identifier '(?:socket|connect|getaddrinfo|gethostbyname|AF_INET|SOCK_STREAM)'/,
    SOCKETS,
  ],
  [/'emscripten(?:\/\w+)?\.h' file not found/, JAVASCRIPT],
  [
    /initializer of type '<overloaded function type>'/,
    'a kernel needs a name of its own: another function has it as well, in this file or in the C library; rename yours',
  ],
  [
    /use of (?:typeid|dynamic_cast) requires -frtti/,
    'RTTI is off in kernels: use a tag or a virtual function, or build with the flag -frtti',
  ],
];

/** What to do about an error of the compiler, where we know. */
export function hintFor(message: string): string | undefined {
  return SAID.find(([pattern]) => pattern.test(message))?.[1];
}

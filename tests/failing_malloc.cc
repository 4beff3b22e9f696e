// To be put before other libraries (LD_PRELOAD): lets one allocation fail, as a machine without
// memory does. Only those count that the program's own code asks for: what a library does without
// memory is the library's (RocksDB and DuckDB end the process or wait for ever). Each SIGUSR2 arms
// it: the first lets the FAIL_FIRST-th call from then on fail, each further one a call that is
// FAIL_STEP later. What failed is said on standard error.
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> calls_left{-1};  // Less than 0: none fails.
std::atomic<long> next_call{0};
long step = 1;

void arm(int) { calls_left = next_call.fetch_add(step); }

// Where the program's own code stands.
std::uintptr_t code_begin = 0;
std::uintptr_t code_end = 0;

/// The first object is the program.
int note_code(dl_phdr_info* info, std::size_t, void*) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    code_begin = info->dlpi_addr + part.p_vaddr;
    code_end = code_begin + part.p_memsz;
  }
  return 1;
}

__attribute__((constructor)) void prepare() {
  dl_iterate_phdr(note_code, nullptr);
  const char* const first = std::getenv("FAIL_FIRST");
  const char* const by = std::getenv("FAIL_STEP");
  if (first != nullptr) next_call = std::atol(first);
  if (by != nullptr) step = std::atol(by);
  struct sigaction action{};
  action.sa_handler = arm;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, nullptr);
}

bool fails(const void* caller) {
  if (calls_left.load(std::memory_order_relaxed) < 0) return false;
  const auto at = reinterpret_cast<std::uintptr_t>(caller);
  if (at < code_begin || at >= code_end || calls_left.fetch_sub(1) != 0) return false;
  constexpr char said[] = "failing_malloc: one call failed\n";
  (void)!write(STDERR_FILENO, said, sizeof said - 1);
  errno = ENOMEM;
  return true;
}

// dlsym allocates where it is asked first.
alignas(16) char first_bytes[65536];
std::atomic<std::size_t> first_used{0};

void* first_allocation(std::size_t size) {
  const std::size_t at = first_used.fetch_add((size + 15) / 16 * 16);
  if (at + size > sizeof first_bytes) std::abort();
  return first_bytes + at;
}

bool is_first_allocation(const void* at) {
  return at >= first_bytes && at < first_bytes + sizeof first_bytes;
}

template <class Function>
Function* find(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// With another model, its first use allocates.
__attribute__((tls_model("initial-exec"))) thread_local bool is_finding = false;

/// The next library's function of the name; null while it is being looked for.
template <class Function>
Function* next_of(std::atomic<Function*>& known, const char* name) {
  if (Function* const found = known.load(std::memory_order_acquire)) return found;
  if (is_finding) return nullptr;
  is_finding = true;
  Function* const found = find<Function>(name);
  is_finding = false;
  known.store(found, std::memory_order_release);
  return found;
}

std::atomic<void* (*)(std::size_t)> next_malloc;
std::atomic<void* (*)(std::size_t, std::size_t)> next_calloc;
std::atomic<void* (*)(void*, std::size_t)> next_realloc;
std::atomic<void (*)(void*)> next_free;
std::atomic<int (*)(void**, std::size_t, std::size_t)> next_posix_memalign;
std::atomic<void* (*)(std::size_t, std::size_t)> next_aligned_alloc;
std::atomic<void* (*)(std::size_t)> next_new;
std::atomic<void* (*)(std::size_t)> next_new_array;
std::atomic<void* (*)(std::size_t, std::align_val_t)> next_aligned_new;

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  auto* const next = next_of(next_malloc, "malloc");
  if (next == nullptr) return first_allocation(size);
  return fails(__builtin_return_address(0)) ? nullptr : next(size);
}

void* calloc(std::size_t count, std::size_t size) {
  auto* const next = next_of(next_calloc, "calloc");
  if (next == nullptr) return first_allocation(count * size);  // They are zeros.
  return fails(__builtin_return_address(0)) ? nullptr : next(count, size);
}

void* realloc(void* at, std::size_t size) {
  auto* const next = next_of(next_realloc, "realloc");
  if (next == nullptr || is_first_allocation(at)) std::abort();
  return fails(__builtin_return_address(0)) ? nullptr : next(at, size);
}

void free(void* at) {
  if (at == nullptr || is_first_allocation(at)) return;
  if (auto* const next = next_of(next_free, "free")) next(at);
}

int posix_memalign(void** to, std::size_t alignment, std::size_t size) {
  if (fails(__builtin_return_address(0))) return ENOMEM;
  return next_of(next_posix_memalign, "posix_memalign")(to, alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails(__builtin_return_address(0))
             ? nullptr
             : next_of(next_aligned_alloc, "aligned_alloc")(alignment, size);
}

}  // extern "C"

// AddressSanitizer's own end the process where they fail; those of the release program throw.
void* operator new(std::size_t size) {
  if (fails(__builtin_return_address(0))) throw std::bad_alloc();
  return next_of(next_new, "_Znwm")(size);
}

void* operator new[](std::size_t size) {
  if (fails(__builtin_return_address(0))) throw std::bad_alloc();
  return next_of(next_new_array, "_Znam")(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  if (fails(__builtin_return_address(0))) throw std::bad_alloc();
  return next_of(next_aligned_new, "_ZnwmSt11align_val_t")(size, alignment);
}

/** @file Node-API: every kernel of kernels.inc becomes a function of the same name and arguments, derived from its type;
 *  beside them memory, threads and the instruction set. Pointers are addresses (numbers) or typed arrays. Kernels are not
 *  re-entrant: a lock keeps JavaScript threads apart. */
#include <node_api.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mutex>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "arena.h"
#include "dispatch.h"
#include "pool.h"
#include "system.h"

#if defined(_WIN32)
#define CYGNET_EXPORT __declspec(dllexport)
#else
#define CYGNET_EXPORT __attribute__((visibility("default")))
#endif

namespace cygnet {
namespace {

std::mutex kernel_lock;

/** A user's mistake, as src/platform/errors.ts marks one: the program prints the message and no stack. */
napi_value out_of_memory(napi_env env, const char* name, size_t bytes) {
  MemoryUse use = arena_use();
  const double gib = 1024.0 * 1024 * 1024;
  char message[300];
  snprintf(message, sizeof message, "there is not enough memory for the work of %s; found a request of %.2f GiB with %.2f GiB in use, expected at most %.2f GiB in all. Make the batch, the context or the model smaller.", name, double(bytes) / gib, use.bytes / gib, use.limit / gib);
  napi_value code, text, error, detail, mark;
  napi_create_string_utf8(env, "out-of-memory", NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_string_utf8(env, "cygnet.UserError", NAPI_AUTO_LENGTH, &mark);
  napi_create_error(env, code, text, &error);
  napi_create_object(env, &detail);
  napi_set_named_property(env, detail, "code", code);
  napi_set_named_property(env, detail, "message", text);
  napi_set_named_property(env, error, "detail", detail);
  napi_set_named_property(env, error, "mark", mark);
  napi_throw(env, error);
  return nullptr;
}

struct Wrong {};  // thrown inside, after a JavaScript exception has been set

[[noreturn]] void fail(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
  throw Wrong{};
}

/** The start of a typed array and its bytes. */
void* array_data(napi_env env, napi_value value, size_t* bytes) {
  bool is = false;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_is_typedarray(env, value, &is);
  if (!is || napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) {
    fail(env, "cygnet-argument", "expected a typed array");
  }
  size_t each = 8;
  if (type == napi_int8_array || type == napi_uint8_array || type == napi_uint8_clamped_array) each = 1;
  else if (type == napi_int16_array || type == napi_uint16_array) each = 2;
  else if (type == napi_int32_array || type == napi_uint32_array || type == napi_float32_array) each = 4;
  *bytes = length * each;
  return data;
}

double number(napi_env env, napi_value value) {
  double x;
  if (napi_get_value_double(env, value, &x) != napi_ok) fail(env, "cygnet-argument", "expected a number");
  return x;
}

template <class T>
T argument(napi_env env, napi_value value) {
  if constexpr (std::is_pointer_v<T>) {
    double x;
    if (napi_get_value_double(env, value, &x) == napi_ok) return (T)(uintptr_t)x;
    size_t bytes;
    return (T)array_data(env, value, &bytes);
  } else if constexpr (std::is_same_v<T, int>) {
    int32_t x;
    if (napi_get_value_int32(env, value, &x) != napi_ok) fail(env, "cygnet-argument", "expected an integer");
    return x;
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {  // `long`, by whatever name
    int64_t x;
    if (napi_get_value_int64(env, value, &x) != napi_ok) fail(env, "cygnet-argument", "expected an integer");
    return T(x);
  } else {
    return T(number(env, value));
  }
}

napi_value result(napi_env env, double x) {
  napi_value value;
  napi_create_double(env, x, &value);
  return value;
}

template <class R, class... A, size_t... I>
napi_value invoke(napi_env env, const char* name, R (*kernel)(A...), napi_value* values, std::index_sequence<I...>) {
  if (kernel == nullptr) fail(env, "cygnet-missing-kernel", std::string(name) + " is not built for " + isa_name());
  std::lock_guard<std::mutex> lock(kernel_lock);
  if constexpr (std::is_void_v<R>) {
    kernel(argument<A>(env, values[I])...);
    return nullptr;
  } else {
    return result(env, double(kernel(argument<A>(env, values[I])...)));
  }
}

template <class R, class... A>
napi_value call(napi_env env, napi_callback_info info, const char* name, R (*kernel)(A...)) {
  napi_value values[sizeof...(A)];
  size_t count = sizeof...(A);
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  try {
    if (count != sizeof...(A)) fail(env, "cygnet-argument", std::string(name) + ": wrong number of arguments");
    return invoke(env, name, kernel, values, std::index_sequence_for<A...>());
  } catch (const Wrong&) {
    return nullptr;
  } catch (const NoWorkingMemory& refused) {
    return out_of_memory(env, name, refused.bytes);
  } catch (const std::bad_alloc&) {
    return out_of_memory(env, name, 0);
  }
}

/** Functions that are not kernels: N arguments, a body that may `fail`. */
template <size_t N, class F>
napi_value guarded(napi_env env, napi_callback_info info, F body) {
  napi_value values[N + 1];
  size_t count = N;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  try {
    if (count < N) fail(env, "cygnet-argument", "too few arguments");
    return body(values);
  } catch (const Wrong&) {
    return nullptr;
  } catch (const std::bad_alloc&) {
    return out_of_memory(env, "the lists of tensors", 0);
  }
}

napi_value alloc(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* v) {
    double bytes = number(env, v[0]);
    void* p = bytes >= 0 && bytes < 9e15 ? arena_allocate(size_t(bytes)) : nullptr;
    if (p == nullptr) {
      MemoryUse use = arena_use();
      char text[200];
      snprintf(text, sizeof text, "asked for %.0f bytes with %.0f in use of %.0f", bytes, use.bytes, use.limit);
      fail(env, "cygnet-out-of-memory", text);
    }
    return result(env, double(uintptr_t(p)));
  });
}

napi_value release(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* v) -> napi_value {
    if (!arena_release((void*)(uintptr_t)number(env, v[0]))) fail(env, "cygnet-not-allocated", "released twice, or not from here");
    return nullptr;
  });
}

/** read(address, typedArray): fills the array. write(address, typedArray): the other way. */
napi_value read(napi_env env, napi_callback_info info) {
  return guarded<2>(env, info, [&](napi_value* v) -> napi_value {
    size_t bytes;
    void* to = array_data(env, v[1], &bytes);
    if (bytes > 0) memcpy(to, (void*)(uintptr_t)number(env, v[0]), bytes);
    return nullptr;
  });
}

napi_value write(napi_env env, napi_callback_info info) {
  return guarded<2>(env, info, [&](napi_value* v) -> napi_value {
    size_t bytes;
    void* from = array_data(env, v[1], &bytes);
    if (bytes > 0) memcpy((void*)(uintptr_t)number(env, v[0]), from, bytes);
    return nullptr;
  });
}

/** An ArrayBuffer over `bytes` of this memory, valid until that is released. */
napi_value view(napi_env env, napi_callback_info info) {
  return guarded<2>(env, info, [&](napi_value* v) {
    napi_value buffer = nullptr;
    void* p = (void*)(uintptr_t)number(env, v[0]);
    if (napi_create_external_arraybuffer(env, p, size_t(number(env, v[1])), nullptr, nullptr, &buffer) != napi_ok) {
      fail(env, "cygnet-argument", "no view of this memory");
    }
    return buffer;
  });
}

napi_value memory(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) {
    MemoryUse use = arena_use();
    napi_value object;
    napi_create_object(env, &object);
    napi_set_named_property(env, object, "bytes", result(env, use.bytes));
    napi_set_named_property(env, object, "peakBytes", result(env, use.peak_bytes));
    napi_set_named_property(env, object, "resident", result(env, use.resident));
    napi_set_named_property(env, object, "limit", result(env, use.limit));
    return object;
  });
}

napi_value trim(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) -> napi_value {
    arena_trim();
    return nullptr;
  });
}

napi_value get_threads(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) { return result(env, threads()); });
}

napi_value put_threads(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* v) -> napi_value {
    std::lock_guard<std::mutex> lock(kernel_lock);
    set_threads(int(number(env, v[0])));
    return nullptr;
  });
}

napi_value text(napi_env env, const std::string& s) {
  napi_value value;
  napi_create_string_utf8(env, s.data(), s.size(), &value);
  return value;
}

napi_value get_isa(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) { return text(env, isa_name()); });
}

napi_value get_isas(napi_env env, napi_callback_info info) {
  return guarded<0>(env, info, [&](napi_value*) { return text(env, isa_usable()); });
}

/** useIsa(name or ""): an error whose message is the usable names if that one is not. */
napi_value put_isa(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* v) -> napi_value {
    char name[64] = "";
    size_t length;
    napi_get_value_string_utf8(env, v[0], name, sizeof name, &length);
    std::lock_guard<std::mutex> lock(kernel_lock);
    std::string why;
    if (!select_isa(name, &why)) fail(env, "cygnet-isa", why);
    return nullptr;
  });
}

void define(napi_env env, napi_value object, const char* name, napi_callback f) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, f, nullptr, &function);
  napi_set_named_property(env, object, name, function);
}

}  // namespace
}  // namespace cygnet

extern "C" CYGNET_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  using namespace cygnet;
  system_pin();
  std::string why;
  if (isa_name() == nullptr) select_isa(nullptr, &why);
#define CYGNET_KERNEL(name, type, arguments) \
  define(env, exports, #name, [](napi_env e, napi_callback_info i) { return call(e, i, #name, kernels().name); });
#include "../kernels.inc"
#undef CYGNET_KERNEL
  define(env, exports, "alloc", alloc);
  define(env, exports, "free", release);
  define(env, exports, "read", read);
  define(env, exports, "write", write);
  define(env, exports, "view", view);
  define(env, exports, "memory", memory);
  define(env, exports, "trim", trim);
  define(env, exports, "threads", get_threads);
  define(env, exports, "setThreads", put_threads);
  define(env, exports, "isa", get_isa);
  define(env, exports, "isas", get_isas);
  define(env, exports, "useIsa", put_isa);
  return exports;
}

/** @file The kernels as a program of its own, which another process calls through two pipes (test/support/bridge.ts): so
 *  that the suites which test the addon also test kernels compiled for another processor, run by an emulator, or with
 *  sanitizers. Messages are a length (u32) and that many bytes: a request's operation and arguments, or a reply's status
 *  (0 = done) and result. Kernels and their arguments come from kernels.inc. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/arena.h"
#include "../core/dispatch.h"
#include "../core/pool.h"

namespace cygnet {
namespace {

struct Reader {
  const char* at;
  const char* end;
  template <class T>
  T take() {
    T x;
    memcpy(&x, at, sizeof x);
    at += sizeof x;
    return x;
  }
  std::string text() {
    uint32_t length = take<uint32_t>();
    std::string s(at, length);
    at += length;
    return s;
  }
};

/** A number, or the bytes of a typed array (aligned as malloc does). */
struct Value {
  double number = 0;
  std::vector<char> bytes;
  bool is_array = false;
};

template <class T>
T argument(const Value& v) {
  if constexpr (std::is_pointer_v<T>) return v.is_array ? (T)v.bytes.data() : (T)(uintptr_t)v.number;
  else return T(v.number);
}

template <class R, class... A, size_t... I>
double invoke(R (*kernel)(A...), const std::vector<Value>& v, std::index_sequence<I...>) {
  if (v.size() != sizeof...(A)) throw std::string("cygnet-argument: wrong number of arguments");
  if constexpr (std::is_void_v<R>) {
    kernel(argument<A>(v[I])...);
    return 0;
  } else {
    return double(kernel(argument<A>(v[I])...));
  }
}
template <class R, class... A>
double call(R (*kernel)(A...), const std::vector<Value>& v) {
  return invoke(kernel, v, std::index_sequence_for<A...>());
}

double call_by_name(const std::string& name, const std::vector<Value>& v) {
#define CYGNET_KERNEL(kernel, type, arguments) \
  if (name == #kernel) return call(kernels().kernel, v);
#include "../kernels.inc"
#undef CYGNET_KERNEL
  throw std::string("cygnet-missing-kernel: " + name);
}

double memory(const std::string& name) {
  MemoryUse use = arena_use();
  if (name == "bytes") return use.bytes;
  return name == "peakBytes" ? use.peak_bytes : name == "resident" ? use.resident : use.limit;
}

/** Either a number or bytes. */
struct Reply {
  double number = 0;
  std::string bytes;
};

Reply serve(Reader in) {
  const std::string operation = in.text();
  std::vector<Value> v;
  while (in.at < in.end) {
    Value value;
    value.is_array = in.take<uint8_t>() == 1;
    if (value.is_array) {
      std::string s = in.text();
      value.bytes.assign(s.begin(), s.end());
    } else {
      value.number = in.take<double>();
    }
    v.push_back(std::move(value));
  }
  const auto text = [&](size_t i) { return std::string(v[i].bytes.begin(), v[i].bytes.end()); };
  if (operation == "alloc") {
    void* p = v[0].number < 9e15 ? arena_allocate(size_t(v[0].number)) : nullptr;
    if (p == nullptr) throw std::string("cygnet-out-of-memory: no");
    return {double((uintptr_t)p), ""};
  }
  if (operation == "free") {
    if (!arena_release((void*)(uintptr_t)v[0].number)) throw std::string("cygnet-not-allocated: released twice, or not from here");
    return {};
  }
  if (operation == "read") return {0, std::string((const char*)(uintptr_t)v[0].number, size_t(v[1].number))};
  if (operation == "write") {
    if (!v[1].bytes.empty()) memcpy((void*)(uintptr_t)v[0].number, v[1].bytes.data(), v[1].bytes.size());
    return {};
  }
  if (operation == "memory") return {memory(text(0)), ""};
  if (operation == "threads") return {double(threads()), ""};
  if (operation == "setThreads") {
    set_threads(int(v[0].number));
    return {};
  }
  if (operation == "isa") return {0, isa_name()};
  if (operation == "isas") return {0, isa_usable()};
  if (operation == "useIsa") {
    std::string why;
    if (!select_isa(text(0).c_str(), &why)) throw "cygnet-isa: " + why;
    return {};
  }
  return {call_by_name(operation, v), ""};
}

bool read_all(FILE* file, void* to, size_t bytes) { return fread(to, 1, bytes, file) == bytes; }

void send(FILE* file, uint8_t status, double number, const std::string& bytes) {
  uint32_t length = uint32_t(1 + 8 + bytes.size());
  fwrite(&length, 4, 1, file);
  fwrite(&status, 1, 1, file);
  fwrite(&number, 8, 1, file);
  fwrite(bytes.data(), 1, bytes.size(), file);
  fflush(file);
}

}  // namespace
}  // namespace cygnet

/** bridge REQUESTS REPLIES: names of pipes. Ends when the requests do. */
int main(int count, char** words) {
  using namespace cygnet;
  if (count != 3) return 2;
  FILE* requests = fopen(words[1], "rb");
  FILE* replies = fopen(words[2], "wb");
  std::string why;
  if (requests == nullptr || replies == nullptr || !select_isa(nullptr, &why)) return 2;
  std::vector<char> message;
  for (uint32_t length; read_all(requests, &length, 4);) {
    message.resize(length);
    if (!read_all(requests, message.data(), length)) return 1;
    try {
      Reply reply = serve({message.data(), message.data() + length});
      send(replies, 0, reply.number, reply.bytes);
    } catch (const std::string& error) {
      send(replies, 1, 0, error);
    } catch (const NoWorkingMemory&) {
      send(replies, 1, 0, "cygnet-out-of-memory: no");
    }
  }
  return 0;
}

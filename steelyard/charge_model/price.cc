#include "steelyard/charge_model/price.h"

namespace steelyard::charge_model {

std::string_view name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::per_unit: return "per_unit";
    case Kernel::graduated: return "graduated";
    case Kernel::volume: return "volume";
    case Kernel::stairstep: return "stairstep";
  }
  return "";
}

}  // namespace steelyard::charge_model

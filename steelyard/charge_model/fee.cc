#include "steelyard/charge_model/fee.h"

#include "steelyard/charge_model/graduated.h"
#include "steelyard/charge_model/per_unit.h"
#include "steelyard/charge_model/stairstep.h"
#include "steelyard/charge_model/volume.h"

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

Result<std::vector<Slice>> slices(Kernel kernel, const Price& price, const money::Rational& before,
                                  const money::Rational& quantity) {
  if (quantity.is_zero()) return std::vector<Slice>{};
  switch (kernel) {
    case Kernel::per_unit: return per_unit(price, quantity);
    case Kernel::graduated: return graduated(price, before, quantity);
    case Kernel::volume: return volume(price, before, quantity);
    case Kernel::stairstep: return stairstep(price, before, quantity);
  }
  return std::vector<Slice>{};
}

}  // namespace steelyard::charge_model

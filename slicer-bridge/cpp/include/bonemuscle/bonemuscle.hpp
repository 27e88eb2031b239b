// BoneMuscle in C++. Beside it stand vtk.hpp and itk.hpp, which need VTK's and ITK's own headers. Research use only.
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef BONEMUSCLE_BONEMUSCLE_HPP
#define BONEMUSCLE_BONEMUSCLE_HPP

#include "bonemuscle/image.hpp"
#include "bonemuscle/library.hpp"
#include "bonemuscle/result.hpp"

#endif // BONEMUSCLE_BONEMUSCLE_HPP

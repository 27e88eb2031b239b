// Gives a command line module to Slicer's own logic, as the desktop application does when it finds one. Python cannot: the wheel of
// slicer-core does not wrap ModuleDescription. Its headers are not in the wheel either, so that what is called is declared here.
// The wheel has the std::string of before C++11: compile with -D_GLIBCXX_USE_CXX11_ABI=0.
#include <string>

class ModuleDescription {
public:
  ModuleDescription();
  ModuleDescription(const ModuleDescription &);
  void SetTarget(const std::string &);
  void SetType(const std::string &);

private:
  // At least as large as the real one; objects are never destroyed, so that nothing else of it has to be known.
  alignas(16) char content[1 << 14];
};

class ModuleDescriptionParser {
public:
  int Parse(const std::string &xml, ModuleDescription &);
};

class vtkMRMLCommandLineModuleNode {
public:
  static void RegisterModuleDescription(ModuleDescription);
};

class vtkSlicerCLIModuleLogic {
public:
  void SetDefaultModuleDescription(const ModuleDescription &);
};

// Answers 0, or what the parser says of an XML that it refuses. `target` is the program, or `slicer:ADDRESS` of an entry point;
// `type` is CommandLineModule or SharedObjectModule.
extern "C" int give_module(void *logic, const char *xml, const char *target, const char *type) {
  ModuleDescription &description = *new ModuleDescription;
  ModuleDescriptionParser parser;
  const int refused = parser.Parse(xml, description);
  if (refused != 0) {
    return refused;
  }
  description.SetTarget(target);
  description.SetType(type);
  vtkMRMLCommandLineModuleNode::RegisterModuleDescription(description);
  static_cast<vtkSlicerCLIModuleLogic *>(logic)->SetDefaultModuleDescription(description);
  return 0;
}

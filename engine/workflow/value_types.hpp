#pragma once

#include <functional>

#include "catalog/catalog.hpp"
#include "expr/template.hpp"
#include "expr/type.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// A failure has one shape, wherever it is seen.
Type failure_type();

/// Of `delivery`, where a sender delivered the event.
Type delivery_type();

/// Of `today`.
Type today_type();

/// Of `run`; `failed` where there may be a failure to see.
Type run_type(bool failed);

/// Of what the messages of an approval see as `approval`.
Type approval_type();

/// Of `event` in runs that this trigger starts. Borrows the catalogue's schemas.
Type event_type(const TriggerSpec& trigger, const Catalog& catalog);
/// In all runs of the workflow, whichever of its triggers starts them.
Type event_type(const Workflow& workflow, const Catalog& catalog);

/// Of what a field gives, where `of` knows what each of its expressions gives.
Type type_of(const Template& field, const std::function<Type(const PlacedExpression&)>& of);

/// Why what is of type `given` cannot be what `wanted` asks for, in words; empty where it may be.
std::string misfit(const Type& given, const SchemaView& wanted);

/// A value of these kinds may be what is wanted: any number for any number, a time or duration where text may have that
/// form.
bool may_fit(KindSet kinds, KindSet wanted);

}  // namespace millrace

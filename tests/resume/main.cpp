#define BOOST_TEST_MODULE host_resume
#include <boost/test/unit_test.hpp>
